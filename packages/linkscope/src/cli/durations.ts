/** '12.3 ms', '1.2 s'. */
export function ms(value: number): string {
	return value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(1)} ms`;
}
