import { timeOfDay } from '../model/format.js';

interface PlotProps {
	title: string;
	/** Oldest first. */
	points: readonly { at: string; value: number }[];
	now: number;
	format: (value: number) => string;
}

const WIDTH = 300;
const HEIGHT = 72;

/** One series as an area from zero to its largest value. */
export function Plot({ title, points, now, format }: PlotProps) {
	const largest = Math.max(1, ...points.map(({ value }) => value));
	const x = (index: number): number => (index / Math.max(1, points.length - 1)) * WIDTH;
	const y = (value: number): number => HEIGHT - 2 - (value / largest) * (HEIGHT - 6);
	const line = points.map(({ value }, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
	return (
		<figure class="plot">
			<figcaption>
				<span>{title}</span>
				<strong>{format(now)}</strong>
			</figcaption>
			{points.length < 2 ? (
				<p class="empty plot-empty">The curve begins after a few seconds.</p>
			) : (
				<svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}, at most ${format(largest)}`}>
					<polygon class="plot-area" points={`0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}`} />
					<polyline class="plot-line" points={line} />
				</svg>
			)}
			<div class="plot-scale">
				<span>{points[0] ? timeOfDay(points[0].at) : ''}</span>
				<span>{points.length < 2 ? '' : `at most ${format(largest)}`}</span>
				<span>now</span>
			</div>
		</figure>
	);
}
