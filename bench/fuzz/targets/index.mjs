import { base64url } from './base64url.mjs';
import { controlJson } from './control-json.mjs';
import { inviteLink, inviteTerms } from './invite-link.mjs';
import { oneCommand, oneMessage } from './one.mjs';

/** Every parser that reads what a stranger wrote, by the name that --target takes. */
export const TARGETS = {
	'control-json': controlJson,
	base64url,
	'invite-link': inviteLink,
	'invite-terms': inviteTerms,
	'one-message': oneMessage,
	'one-command': oneCommand,
};
