import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Conversation } from '../model/conversation.js';
import type { Model } from '../model/model.js';
import { Files } from './files.js';

const NAMES = { inviter: 'Inviter', guest: 'Guest' } as const;

/** A line to try the connection with, and what came back. */
export function ConversationCard({ conversation, model }: { conversation: Conversation; model: Model }) {
	const text = useSignal('');
	const list = useRef<HTMLDivElement>(null);
	const lines = conversation.lines.value;
	const { who } = conversation;
	const isOpen = conversation.isOpen.value;
	useEffect(() => list.current?.scrollTo?.({ top: list.current.scrollHeight }), [lines]);
	function send(event: Event): void {
		event.preventDefault();
		if (text.value === '') return;
		conversation.send(text.value);
		text.value = '';
	}
	function sendFiles(event: TargetedEvent<HTMLInputElement>): void {
		for (const file of event.currentTarget.files ?? []) void conversation.files?.send(file);
		// So that the same file can be chosen again.
		event.currentTarget.value = '';
	}
	return (
		<>
			<div class="conversation-head">
				<h2>{NAMES[who]}</h2>
				<span class="mono faint conversation-peer">{conversation.peer}</span>
				<span class="grow" />
				<button type="button" class="link" onClick={() => model.show(conversation.id)}>
					{conversation.id} in the list
				</button>
				{isOpen && (
					<button type="button" class="button" onClick={conversation.close}>
						Close
					</button>
				)}
			</div>
			{lines.length === 0 ? (
				<p class="empty">Encrypted from here to the {who}; what you send and what comes back appears here.</p>
			) : (
				<div class="lines" ref={list} role="log" aria-label="Messages">
					{lines.map(({ number, from, text: said }) => (
						<p key={number} class={`line from-${from}`}>
							{from !== 'page' && <span class="faint">{from === 'me' ? 'You' : NAMES[who]}</span>}
							<span>{said}</span>
						</p>
					))}
				</div>
			)}
			{conversation.files && <Files exchange={conversation.files} />}
			<form class="line-form" onSubmit={send}>
				<input
					class="input grow"
					aria-label={`Message to the ${who}`}
					placeholder={isOpen ? 'A message' : 'The connection has ended'}
					disabled={!isOpen}
					value={text.value}
					onInput={(event) => (text.value = event.currentTarget.value)}
				/>
				<button type="submit" class="button primary" disabled={!isOpen}>
					Send
				</button>
				{conversation.files && isOpen && (
					<label class="button file-choice">
						Send a file
						<input type="file" multiple class="hidden" onChange={sendFiles} />
					</label>
				)}
			</form>
		</>
	);
}
