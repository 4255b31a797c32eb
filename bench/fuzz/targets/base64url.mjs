import { decodeBase64url, encodeBase64url } from '@linkscope/crypto';
import { isCoded } from './is-coded.mjs';

/** @type {import('../fuzz-target.mjs').Target} */
export const base64url = {
	samples: () => ['', 'AA', 'AAA', 'AAAA', '_-8', 'A'.repeat(43), 'q'.repeat(64), 'Zm9vYmFy'.repeat(100)],
	run(text) {
		if (encodeBase64url(decodeBase64url(text)) !== text) throw new Error('two texts for the same bytes were taken');
	},
	isExpected: isCoded('MALFORMED_FRAME'),
};
