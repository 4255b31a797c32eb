// What parsers of JSON, URLs and base64 stumble over.
const TOKENS = [
	'"__proto__":{"polluted":true},',
	'"constructor":"x",',
	'"toString":1,',
	'"type":"auth",',
	'\\u0000',
	'\\ud800',
	'\ud800',
	'\u2028',
	'\ufeff',
	'\u{1F600}',
	'1e999',
	'-0',
	'9007199254740993',
	'0x10',
	'NaN',
	'null',
	'true',
	'[[[[[[[[',
	'{"a":{"b":',
	'"":"",',
	'%00',
	'%2e%2e/',
	'javascript:',
	'//user:secret@host',
	'#',
	'?',
	'.',
	'..',
	'=',
	'==',
	'-_',
	'+/',
	'\r\n',
	'\0',
];
const LONG = 64 * 1024;

/** One change to a text; `other` is a second sample to take a piece of. */
export function mutateText(text, other, random) {
	return random.pick(CHANGES)(text, random, other);
}

const CHANGES = [
	/** Another character. */
	(text, random) => splice(text, random.below(text.length), 1, randomCharacter(random)),
	/** Something known to be hard. */
	(text, random) => splice(text, random.below(text.length + 1), random.oneIn(2) ? 0 : random.size(16), random.pick(TOKENS)),
	/** Cuts the end off. */
	(text, random) => text.slice(0, random.below(text.length)),
	/** Takes a piece out. */
	(text, random) => splice(text, random.below(text.length), random.size(text.length), ''),
	/** Says a piece twice. */
	(text, random) => {
		const from = random.below(text.length);
		return splice(text, from, 0, text.slice(from, from + random.size(text.length)));
	},
	/** Puts a piece of another sample in. */
	(text, random, other) => splice(text, random.below(text.length + 1), random.size(16), other.slice(random.below(other.length))),
	/** The case of a letter, which base64 and keys care about. */
	(text, random) => {
		const at = random.below(text.length);
		const letter = text.charAt(at);
		return splice(text, at, 1, letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase());
	},
	/** A key or value of a JSON object. */
	(text, random, other) => mutateJson(text, random) ?? splice(text, random.below(text.length), 1, other.charAt(0)),
	/** A long run of one piece, seldom: what is quadratic shows. */
	(text, random) => {
		const piece = random.oneIn(2) ? randomCharacter(random) : random.pick(TOKENS);
		return splice(text, random.below(text.length + 1), 0, piece.repeat(random.oneIn(64) ? Math.ceil(random.below(LONG) / piece.length) : random.size(32)));
	},
];

const VALUES = [null, true, 0, -1, 1.5, 1e21, '', 'x', '\u0000', '__proto__', [], ['x'], [1], [[]], {}, { a: 1 }];

function mutateJson(text, random) {
	const entries = entriesOf(text);
	if (!entries) return null;
	const index = random.below(entries.length);
	if (random.oneIn(3)) entries.splice(index, 1);
	else if (random.oneIn(2)) entries.push([random.oneIn(2) ? entries[index]?.[0] : random.pick(TOKENS), random.pick(VALUES)]);
	else if (entries[index]) entries[index][1] = random.pick(VALUES);
	// By hand, because an object keeps no key twice.
	return `{${entries.map(([key, value]) => `${JSON.stringify(key ?? '')}:${JSON.stringify(value)}`).join(',')}}`;
}

function entriesOf(text) {
	if (!text.startsWith('{')) return null;
	try {
		return Object.entries(JSON.parse(text));
	} catch {
		return null;
	}
}

function randomCharacter(random) {
	return String.fromCharCode(random.oneIn(16) ? random.below(0x10000) : 0x20 + random.below(0x5f));
}

function splice(text, at, removed, inserted) {
	return text.slice(0, at) + inserted + text.slice(at + removed);
}
