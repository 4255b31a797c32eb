import { useSignal } from '@preact/signals';
import type { Model } from '../model/model.js';

/** Opens a WebSocket of the person's own. */
export function OpenForm({ model }: { model: Model }) {
	const url = useSignal(new URL('./ws', location.href).href.replace(/^http/, 'ws').replace(/#.*$/, ''));
	const problem = useSignal('');
	function open(event: Event): void {
		event.preventDefault();
		try {
			model.selectedId.value = model.sockets.open(url.value);
			problem.value = '';
			model.refresh();
		} catch (error) {
			problem.value = (error as Error).message;
		}
	}
	return (
		<form class="toolbar" onSubmit={open}>
			<h2>Connections</h2>
			<input
				class="input grow mono"
				aria-label="WebSocket URL"
				spellcheck={false}
				value={url.value}
				aria-invalid={problem.value !== ''}
				onInput={(event) => (url.value = event.currentTarget.value)}
			/>
			<button type="submit" class="button primary">
				Open
			</button>
			{problem.value && (
				<p class="problem" role="alert">
					{problem.value}
				</p>
			)}
		</form>
	);
}
