import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Model } from '../model/model.js';
import { copyText } from './copy.js';

/** The same text that `getConnectionInstrumentationReport()` prints in a console. */
export function Report({ model }: { model: Model }) {
	const said = useSignal('');
	const pre = useRef<HTMLPreElement>(null);
	// Read with the stats, so that both are of one moment.
	void model.stats.value;
	const text = model.report();
	async function copy(): Promise<void> {
		said.value = await copyText(text, () => getSelection()?.selectAllChildren(pre.current as HTMLPreElement));
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
