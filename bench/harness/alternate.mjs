/**
 * Measures several sides in turns (A B, B A, A B, …): a machine that grows slower or is disturbed is so for all of them.
 * @template S, R
 * @param {readonly S[]} sides
 * @param {number} rounds
 * @param {(side: S) => R | Promise<R>} measure
 * @returns {Promise<R[][]>} a list of rounds for each side, in the order of `sides`
 */
export async function alternate(sides, rounds, measure) {
	const results = sides.map(() => []);
	for (let round = 0; round < rounds; round++) {
		const order = sides.map((_, index) => (index + round) % sides.length);
		for (const index of order) results[index].push(await measure(sides[index]));
	}
	return results;
}
