import { expect, test } from 'vitest';
import { withoutSecrets } from './secrets.js';

const asItIs = (url: string) => url;

test.each([
	['dial ws:user:SECRET@host failed', 'dial ws://host/ failed'],
	['bad ws:\\\\user:SECRET@host', 'bad ws:\\\\host'],
	['//user:SECRET@host/x', 'host/x'],
	['GET /socket?token=SECRET answered 401', 'GET /socket?token=… answered 401'],
	['GET /socket?SECRET', 'GET /socket?…'],
	['back at /cb#id_token=SECRET', 'back at /cb'],
	['Invalid URL: wss://user:pass SECRET@host', 'Invalid URL: wss://host'],
	['Invalid URL: wss://user:SECRET/SECRET@host:abc', 'Invalid URL: wss://host:abc'],
	['wss://a,wss://user:SECRET@b', 'wss://a,wss://b'],
	['{"url":"wss://SECRET@host/?t=SECRET"}', '{"url":"wss://host/?t=…'],
	['from user:SECRET@wss://host', 'from user:wss://host'],
	['Authorization: Bearer SECRET', 'Authorization: …'],
	['{"authorization":"Basic SECRET"}', '{"authorization": …'],
	['Set-Cookie: sid=SECRET; theme=SECRET', 'Set-Cookie: …'],
	['Cookie: sid=SECRET\nnext line', 'Cookie: …\nnext line'],
	['no Bearer SECRET here', 'no Bearer … here'],
	['refused access_token=SECRET, sorry', 'refused access_token=…, sorry'],
	['the bearer token=SECRET', 'the bearer token=…'],
	['/socket?.SECRET', '/socket?…'],
	['room?.a1SECRET', 'room?…'],
	['room?.a-SECRET', 'room?…'],
])('%j reads %j', (text, shown) => {
	expect(withoutSecrets(text, asItIs)).toBe(shown);
	expect(shown).not.toContain('SECRET');
});

test.each([
	'connect ECONNREFUSED 127.0.0.1:8080',
	"Cannot find module '@linkscope/core'",
	'wss://host:8080 failed: timeout',
	'Unexpected token < in JSON',
	'what happened?',
	'inviteBook?.claim is not a function',
	'(options.store?.get?.name) is empty',
	'no bearer token was sent',
	'issue #12 (at 12:30)',
])('%j stays as it is', (text) => {
	expect(withoutSecrets(text, asItIs)).toBe(text);
});

test("an application's own redaction is asked about every address, and cannot bring secrets back", () => {
	const redact = (url: string) => `${url.replace('room', 'N')}?more=SECRET`;
	expect(withoutSecrets('url=wss://host/room and /room?a=1', redact)).toBe('url=wss://host/N?more=… and /N?a=…');
});
