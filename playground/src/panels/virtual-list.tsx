// biome-ignore-all lint/a11y/useSemanticElements: a virtual list cannot be a table element.
// biome-ignore-all lint/a11y/noNoninteractiveTabindex: the scrolled box takes the keys for its rows.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

interface VirtualListProps<T> {
	items: readonly T[];
	rowHeight: number;
	/** Kept in view. */
	currentIndex: number;
	render: (item: T, index: number) => ComponentChildren;
	onMove: (index: number) => void;
}

// Rows beyond both edges, so that fast scrolling shows no gaps.
const MARGIN_ROWS = 8;
const PAGE_ROWS = 10;

/** Renders only the rows in sight, so that ten thousand cost what thirty do. Arrow keys, Home and End move. */
export function VirtualList<T>({ items, rowHeight, currentIndex, render, onMove }: VirtualListProps<T>) {
	const box = useRef<HTMLDivElement>(null);
	const [top, setTop] = useState(0);
	const [height, setHeight] = useState(0);
	useLayoutEffect(() => {
		const element = box.current as HTMLDivElement;
		const observer = new ResizeObserver(() => setHeight(element.clientHeight));
		observer.observe(element);
		return () => observer.disconnect();
	}, []);
	const first = Math.max(0, Math.floor(top / rowHeight) - MARGIN_ROWS);
	const last = Math.min(items.length, Math.ceil((top + (height || 600)) / rowHeight) + MARGIN_ROWS);

	function move(event: KeyboardEvent): void {
		const target = targetOf(event.key, currentIndex, items.length);
		if (target === null) return;
		event.preventDefault();
		const element = box.current as HTMLDivElement;
		if (target * rowHeight < element.scrollTop) element.scrollTop = target * rowHeight;
		else if ((target + 1) * rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = (target + 1) * rowHeight - element.clientHeight;
		onMove(target);
	}
	return (
		<div ref={box} class="virtual" role="rowgroup" tabIndex={0} onScroll={(event) => setTop(event.currentTarget.scrollTop)} onKeyDown={move}>
			<div role="presentation" class="virtual-space" style={{ height: `${items.length * rowHeight}px`, paddingTop: `${first * rowHeight}px` }}>
				{items.slice(first, last).map((item, offset) => render(item, first + offset))}
			</div>
		</div>
	);
}

function targetOf(key: string, current: number, length: number): number | null {
	const moves: Record<string, number> = {
		ArrowDown: current + 1,
		ArrowUp: current - 1,
		PageDown: current + PAGE_ROWS,
		PageUp: current - PAGE_ROWS,
		Home: 0,
		End: length,
	};
	const target = moves[key];
	return target === undefined || length === 0 ? null : Math.min(Math.max(target, 0), length - 1);
}
