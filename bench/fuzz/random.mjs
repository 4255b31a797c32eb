/**
 * A stream of numbers that one seed and one index always give again: input 731,204 of seed 1 can be made anew without the ones before it.
 * (sfc32 by Chris Doty-Humphrey, of PractRand; small, fast, and good enough to choose mutations.)
 */
export class Random {
	#a;
	#b;
	#c = 0x9e3779b9;
	#counter = 1;

	constructor(seed, index) {
		this.#a = seed | 0;
		this.#b = index | 0;
		for (let i = 0; i < 12; i++) this.uint32();
	}

	uint32() {
		const sum = (this.#a + this.#b + this.#counter++) | 0;
		this.#a = this.#b ^ (this.#b >>> 9);
		this.#b = (this.#c + (this.#c << 3)) | 0;
		this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
		return sum >>> 0;
	}

	/** 0 to limit - 1. */
	below(limit) {
		return limit < 1 ? 0 : this.uint32() % limit;
	}

	/** True once in so many. */
	oneIn(many) {
		return this.below(many) === 0;
	}

	pick(list) {
		return list[this.below(list.length)];
	}

	/** Mostly small, now and then up to `limit`. */
	size(limit) {
		return 1 + this.below(this.oneIn(8) ? limit : Math.min(limit, 8));
	}
}
