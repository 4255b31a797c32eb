import { pow } from '@noble/curves/abstract/modular.js';
import { montgomery } from '@noble/curves/abstract/montgomery.js';

const P = 2n ** 255n - 19n;

/** X25519 of @noble/curves. Its ready-made one brings Edwards curves along, which weigh twice as much again. */
export const x25519 = /* @__PURE__ */ montgomery({
	P,
	type: 'x25519',
	powPminus2: (x) => pow(x, P - 2n, P),
	// RFC 7748 section 5.
	adjustScalarBytes(scalar: Uint8Array) {
		scalar[0] = (scalar[0] as number) & 248;
		scalar[31] = ((scalar[31] as number) & 127) | 64;
		return scalar;
	},
});
