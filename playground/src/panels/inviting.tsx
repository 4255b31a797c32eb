import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { duration } from '../model/format.js';
import type { Model } from '../model/model.js';
import type { WaitingState } from '../model/waiting.js';
import { copyText } from './copy.js';
import { ProblemCard } from './problem-card.js';

/** Waits for somebody at a relay, and shows the link to hand on. */
export function Inviting({ model }: { model: Model }) {
	const { waiting } = model;
	const state = waiting.state.value;
	if (state.kind === 'waiting') return <Link state={state} model={model} />;
	function start(event: Event): void {
		event.preventDefault();
		void waiting.start();
	}
	return (
		<>
			<h2>Invite somebody</h2>
			<p class="faint" id="relay-help">
				This page waits at a relay, which pipes what it cannot read. Open the link in another browser or tab, or hand it on.
			</p>
			<form class="line-form" onSubmit={start}>
				<input
					class="input grow mono"
					aria-label="Address of the relay"
					aria-describedby="relay-help"
					placeholder="wss://relay.example"
					spellcheck={false}
					value={waiting.relay.value}
					onInput={(event) => (waiting.relay.value = event.currentTarget.value)}
				/>
				{state.kind === 'starting' ? (
					<button type="button" class="button" onClick={() => void waiting.stop()}>
						Cancel
					</button>
				) : (
					<button type="submit" class="button" disabled={waiting.relay.value.trim() === ''}>
						Create an invite
					</button>
				)}
			</form>
			<p role="status" class="hidden">
				{state.kind === 'starting' && 'Dialling the relay.'}
			</p>
			{state.kind === 'failed' && <ProblemCard problem={state.problem} />}
		</>
	);
}

const ENDINGS = {
	used: 'Used: whom it was for has come.',
	expired: 'Its time is over: nobody comes in by this link any more.',
	revoked: 'Revoked: nobody comes in by this link any more.',
} as const;

interface LinkProps {
	state: WaitingState & { kind: 'waiting' };
	model: Model;
}

function Link({ state: { invite, fingerprint, relay }, model }: LinkProps) {
	const { waiting } = model;
	const box = useRef<HTMLTextAreaElement>(null);
	const said = useSignal('');
	const leftMs = invite.expiresAt - Date.parse(model.stats.value.generatedAt);
	const standing = invite.standing === 'open' && leftMs <= 0 ? 'expired' : invite.standing;
	async function copy(): Promise<void> {
		said.value = await copyText(invite.link, () => box.current?.select());
	}
	return (
		<>
			<h2>Your invite</h2>
			{standing === 'open' ? (
				<>
					<textarea ref={box} class="input mono invite-text" aria-label="Link of your invite" rows={3} readonly spellcheck={false} value={invite.link} />
					<p class="faint">For one person, good for {duration(leftMs)}. Hand it on by a way that only they read: who has the link may come in.</p>
				</>
			) : (
				<p class="notice">{ENDINGS[standing]}</p>
			)}
			<div class="invite-actions">
				{standing === 'open' ? (
					<>
						<button type="button" class="button primary" onClick={() => void copy()}>
							Copy
						</button>
						<button type="button" class="button" onClick={() => void waiting.revoke()}>
							Revoke
						</button>
					</>
				) : (
					<button type="button" class="button primary" onClick={() => void waiting.renew()}>
						New invite
					</button>
				)}
				<button type="button" class="button quiet" onClick={() => void waiting.stop()}>
					Stop waiting
				</button>
				<span role="status" class="faint">
					{said.value}
				</span>
			</div>
			<dl class="facts invite-facts">
				<div class="wide">
					<dt>Waiting at</dt>
					<dd class="mono">{relay}</dd>
					{waiting.trouble.value && <dd class="bad">{waiting.trouble.value}</dd>}
				</div>
				<div class="wide">
					<dt>You are</dt>
					<dd class="mono">{fingerprint}</dd>
				</div>
			</dl>
		</>
	);
}
