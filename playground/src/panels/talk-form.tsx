import { useSignal } from '@preact/signals';
import type { OwnSockets } from '../model/own-sockets.js';

/** Sends to and closes a connection that was opened here. */
export function TalkForm({ id, sockets }: { id: string; sockets: OwnSockets }) {
	const text = useSignal('Hello, world!');
	const reason = useSignal('Close called.');
	const problem = useSignal('');
	function send(event: Event): void {
		event.preventDefault();
		try {
			sockets.send(id, text.value);
			problem.value = '';
		} catch (error) {
			problem.value = (error as Error).message;
		}
	}
	function close(event: Event): void {
		event.preventDefault();
		sockets.close(id, reason.value);
	}
	return (
		<div class="talk">
			<form onSubmit={send}>
				<input class="input grow" aria-label="Message" value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
				<button type="submit" class="button primary">
					Send
				</button>
			</form>
			<form onSubmit={close}>
				<input class="input grow" aria-label="Close reason" value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />
				<button type="submit" class="button">
					Close
				</button>
			</form>
			{problem.value && (
				<p class="problem" role="alert">
					{problem.value}
				</p>
			)}
		</div>
	);
}
