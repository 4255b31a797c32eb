import { useRef } from 'preact/hooks';
import { duration } from '../model/format.js';
import type { InviteFlow } from '../model/invite-flow.js';
import { type LinkReading, warningsOf } from '../model/invite-link.js';
import type { Run } from '../model/invite-steps.js';
import type { Model } from '../model/model.js';
import { useKeptFocus } from './kept-focus.js';
import { ProblemCard } from './problem-card.js';

interface InvitePreviewProps {
	read: LinkReading & { kind: 'invite' };
	model: Model;
}

const TITLES: Readonly<Record<Run['outcome'], string>> = {
	running: 'Accepting the invite …',
	active: 'Connected',
	failed: 'The invite did not work',
	cancelled: 'Cancelled',
};

/** What an invite says, before and while it is accepted. */
export function InvitePreview({ read: { invite }, model }: InvitePreviewProps) {
	const { invite: flow } = model;
	const title = useRef<HTMLHeadingElement>(null);
	const run = flow.run.value;
	useKeptFocus(title, run?.outcome);
	const leftMs = invite.expiresAt - Date.parse(model.stats.value.generatedAt);
	return (
		<>
			<h2 ref={title} tabIndex={-1}>
				{run ? TITLES[run.outcome] : 'An invite'}
			</h2>
			<p class="fingerprint-box">
				<span class="faint">From the identity with the fingerprint</span>
				<strong class="fingerprint">{invite.fingerprint}</strong>
				<span class="faint">Whoever sent you the link can read theirs to you: it must be the same, letter by letter.</span>
			</p>
			<dl class="facts invite-facts">
				<Addresses name="Can be reached at" urls={invite.endpoints} none="no address of its own" />
				<Addresses name="Waits at the relay" urls={invite.relays} none="none: it is dialled directly" />
				<div>
					<dt>Good until</dt>
					<dd>
						{new Date(invite.expiresAt).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })}{' '}
						<span class={leftMs > 0 ? 'faint' : 'bad'}>{leftMs > 0 ? `${duration(leftMs)} left` : `over since ${duration(-leftMs)}`}</span>
					</dd>
				</div>
				<div>
					<dt>Good for</dt>
					<dd>{invite.uses === 1 ? 'one person' : `${invite.uses} people`}</dd>
				</div>
				{flow.fingerprint.value && (
					<div class="wide">
						<dt>You are</dt>
						<dd class="mono">{flow.fingerprint.value}</dd>
					</div>
				)}
			</dl>
			{run === null &&
				warningsOf(invite, location).map((warning) => (
					<p key={warning} class="notice">
						{warning}
					</p>
				))}
			{run?.problem && <ProblemCard problem={run.problem} />}
			{run?.outcome === 'cancelled' && <p class="notice">Cancelled. The invite was not used up by that.</p>}
			<Actions flow={flow} />
		</>
	);
}

function Actions({ flow }: { flow: InviteFlow }) {
	const run = flow.run.value;
	const outcome = run?.outcome;
	const isFinal = outcome === 'active' || run?.problem?.isFinal === true;
	return (
		<div class="invite-actions">
			{outcome === 'running' && (
				<button type="button" class="button" onClick={flow.cancel}>
					Cancel
				</button>
			)}
			{outcome !== 'running' && outcome !== 'active' && (
				<button type="button" class={isFinal ? 'button' : 'button primary'} onClick={() => void flow.accept()}>
					{run ? 'Try again' : 'Accept'}
				</button>
			)}
			<button type="button" class={isFinal ? 'button' : 'button quiet'} onClick={flow.discard}>
				{run ? 'Another invite' : 'Discard'}
			</button>
		</div>
	);
}

function Addresses({ name, urls, none }: { name: string; urls: readonly string[]; none: string }) {
	return (
		<div class="wide">
			<dt>{name}</dt>
			{urls.length === 0 ? (
				<dd class="faint">{none}</dd>
			) : (
				urls.map((url) => (
					<dd key={url} class="mono">
						{url}
					</dd>
				))
			)}
		</div>
	);
}
