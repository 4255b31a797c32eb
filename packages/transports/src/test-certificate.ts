import { createSign, generateKeyPairSync } from 'node:crypto';

/** A self-signed certificate for 127.0.0.1, made afresh: no key lies in the repository. X.509 in DER (RFC 5280 section 4.1). */
export function selfSigned(): { key: string; cert: string } {
	const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
	const name = sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from('linkscope test')))));
	const dayMs = 86_400_000;
	const validity = sequence(utcTime(Date.now() - dayMs), utcTime(Date.now() + dayMs));
	const addresses = sequence(der(0x87, Buffer.from([127, 0, 0, 1])));
	const subjectAltName = sequence(oid(0x55, 0x1d, 0x11), der(0x04, addresses));
	const toBeSigned = sequence(
		der(0xa0, integer(2)),
		integer(1),
		ecdsaWithSha256,
		name,
		validity,
		name,
		publicKey.export({ type: 'spki', format: 'der' }),
		der(0xa3, sequence(subjectAltName)),
	);
	const signature = createSign('SHA256').update(toBeSigned).sign(privateKey);
	const certificate = sequence(toBeSigned, ecdsaWithSha256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
	const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n');
	return {
		key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
		cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
	};
}

function der(tag: number, ...content: Buffer[]): Buffer {
	const body = Buffer.concat(content);
	const { length } = body;
	const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
	return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

function sequence(...content: Buffer[]): Buffer {
	return der(0x30, ...content);
}

function oid(...bytes: number[]): Buffer {
	return der(0x06, Buffer.from(bytes));
}

function integer(value: number): Buffer {
	return der(0x02, Buffer.from([value]));
}

function utcTime(epochMs: number): Buffer {
	const digits = new Date(epochMs).toISOString().replace(/\D/g, '').slice(2, 14);
	return der(0x17, Buffer.from(`${digits}Z`));
}
