import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Model } from '../model/model.js';

/** The same text that `getConnectionInstrumentationReport()` prints in a console. */
export function Report({ model }: { model: Model }) {
	const said = useSignal('');
	const pre = useRef<HTMLPreElement>(null);
	// Read with the stats, so that both are of one moment.
	void model.stats.value;
	const text = model.report();
	async function copy(): Promise<void> {
		try {
			await navigator.clipboard.writeText(text);
			said.value = 'Copied.';
		} catch {
			// No permission, or no secure context: marked, so that one key copies it.
			getSelection()?.selectAllChildren(pre.current as HTMLPreElement);
			said.value = 'Marked: copy it with your keyboard.';
		}
	}
	return (
		<>
			<div class="report-bar">
				<span role="status">{said.value}</span>
				<button type="button" class="button" onClick={() => void copy()}>
					Copy
				</button>
			</div>
			<pre ref={pre} class="report">
				{text}
			</pre>
		</>
	);
}
