import { systemClock } from '@linkscope/core';
import { createIdentity, defaultPrimitives, encodeBase64url } from '@linkscope/crypto';
import { AuthenticationPlugin } from '@linkscope/plugins';
import { isCoded } from './is-coded.mjs';

const identity = createIdentity(defaultPrimitives());
const text = (length) => encodeBase64url(new Uint8Array(length).fill(9));
const algorithm = 'Noise_XX_25519_ChaChaPoly_SHA256';

/** The first message that either side reads; nobody without the keys gets further. @type {import('../fuzz-target.mjs').Target} */
export const authentication = {
	samples: () => [
		`{"type":"auth","v":1,"e":"${text(32)}","timestamp":1763700000000}`,
		`{"type":"challenge","nonce":"${text(32)}","algorithm":"${algorithm}","static":"${text(48)}","sealed":"${text(200)}"}`,
		`{"type":"response","proof":"${text(48)}","sealed":"${text(250)}"}`,
		`{"type":"auth_success","sealed":"${text(100)}"}`,
	],
	async run(frame) {
		for (const initiator of [true, false]) {
			try {
				await handshake(initiator, [frame]);
			} catch (error) {
				if (error !== silence && !isRefusal(error)) throw error;
			}
		}
	},
	isExpected: () => false,
};

const isRefusal = isCoded('AUTH_FAILED', 'PROTOCOL_ORDER', 'MALFORMED_FRAME', 'WEAK_KEY', 'NO_COMMON_SUITE');
const silence = new Error('nothing more comes');

function handshake(initiator, frames) {
	const plugin = new AuthenticationPlugin({ identity });
	plugin.attach({ connectionId: 'x', clock: systemClock, initiator, maxMessageBytes: 2 ** 20, note() {}, fail() {}, opaque() {} });
	const inbox = [...frames];
	return plugin.handshake({
		initiator,
		send() {},
		provideSecure() {
			throw new Error('somebody without keys was let in');
		},
		read: async () => {
			if (inbox.length === 0) throw silence;
			return inbox.shift();
		},
	});
}
