import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { each } from './each.mjs';
import { Line } from './relay-line.mjs';
import { NativeParty, OneParty } from './relay-party.mjs';

/** What clients of a relay do from connecting to the end. Each throws where the relay does not do its part. */
const CYCLES = {
	'native listener registers and leaves': async (url) => (await new NativeParty().listen(url)).close(),
	'native call, a message each way': (url) => talk(url, NativeParty),
	'ONE listener registers and leaves': async (url) => (await new OneParty().listen(url)).close(),
	'ONE call, a message each way': (url) => talk(url, OneParty),
	'a listener that is cut off': async (url) => (await new NativeParty().listen(url)).terminate(),
	'a call to nobody': async (url) => expectEnd(await new NativeParty().call(url, new NativeParty().key), '4404'),
	'a wrong proof': async (url) => expectEnd(await new NativeParty().prove(url, 'listener', { wrongly: true }), '4401'),
	'a message that is none': async (url) => expectEnd(await said(url, { type: 'nonsense' }), '4402'),
	'a first message, and gone': async (url) => (await said(url, { command: 'register', publicKey: new OneParty().key })).terminate(),
	'open, and gone': async (url) => (await Line.dial(url)).terminate(),
	'half an upgrade, and gone': halfAnUpgrade,
};

/** So many cycles, of each kind as many. @returns what went wrong, and how long it took. */
export async function comeAndGo(url, count, atOnce) {
	const names = Object.keys(CYCLES);
	const failures = [];
	const startMs = performance.now();
	await each(
		Array.from({ length: count }, (_, index) => names[index % names.length]),
		atOnce,
		(name) => CYCLES[name](url).catch((error) => failures.push(`${name}: ${error.message}`)),
	);
	return { failures, ms: performance.now() - startMs };
}

async function talk(url, Party) {
	const [listener, dialler] = [new Party(), new Party()];
	const waiting = await listener.listen(url);
	const called = Party.called(waiting);
	const calling = await dialler.call(url, listener.key);
	await called;
	waiting.socket.send('ready');
	await calling.next();
	calling.socket.send('hello');
	await waiting.next();
	await Promise.all([calling.close(), waiting.ended()]);
}

async function said(url, message) {
	const line = await Line.dial(url);
	line.say(message);
	return line;
}

async function expectEnd(line, code) {
	const end = await line.ended();
	if (!end.startsWith(code)) throw new Error(`expected ${code}, got ${end}`);
}

function halfAnUpgrade(url) {
	const { hostname, port } = new URL(url);
	return new Promise((resolve, reject) => {
		const socket = connect(Number(port), hostname);
		socket.once('error', reject).once('close', resolve);
		socket.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: webso', () => socket.resetAndDestroy());
	});
}
