/** Does the same for many, so many at once. */
export async function each(items, atOnce, work) {
	const entries = items.values();
	await Promise.all(
		Array.from({ length: atOnce }, async () => {
			for (const item of entries) await work(item);
		}),
	);
}
