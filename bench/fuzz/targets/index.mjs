import { authentication } from './authentication.mjs';
import { base64url } from './base64url.mjs';
import { controlJson } from './control-json.mjs';
import { inviteLink, inviteTerms } from './invite-link.mjs';
import { oneCommand, oneMessage } from './one.mjs';
import { record, recordItems, unorderedRecord } from './records.mjs';
import { identityText, inviteBookText, rotationText, trustStoreText } from './stored.mjs';

/** Every parser that reads what a stranger wrote, by the name that --target takes. */
export const TARGETS = {
	'control-json': controlJson,
	base64url,
	authentication,
	record,
	'record-items': recordItems,
	'unordered-record': unorderedRecord,
	'invite-link': inviteLink,
	'invite-terms': inviteTerms,
	'one-message': oneMessage,
	'one-command': oneCommand,
	'trust-store': trustStoreText,
	'invite-book': inviteBookText,
	identity: identityText,
	rotation: rotationText,
};
