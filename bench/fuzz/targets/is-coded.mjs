/** Whether an error is an operational one with one of these codes; by its shape, because a bundle may hold a class twice. */
export function isCoded(...codes) {
	return (error) => error instanceof Error && codes.includes(error.code);
}
