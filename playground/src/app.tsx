import { useLayoutEffect } from 'preact/hooks';
import type { Model } from './model/model.js';
import { addressOf, bindAddress } from './model/navigation.js';
import { Bottom } from './panels/bottom.js';
import { Connections } from './panels/connections.js';
import { Detail } from './panels/detail.js';
import { Figures } from './panels/figures.js';
import { InviteView } from './panels/invite.js';
import { OpenForm } from './panels/open-form.js';

const VIEWS = [
	{ name: 'connections', title: 'Connections' },
	{ name: 'invite', title: 'Invite' },
] as const;

export function App({ model }: { model: Model }) {
	// Before anything is painted: the address may hold the secret of an invite.
	useLayoutEffect(() => bindAddress(model, window, model.invite.open), [model]);
	const view = model.view.value;
	return (
		<>
			<header class="bar">
				<h1>
					<Logo /> linkscope
				</h1>
				<nav class="segments" aria-label="View">
					{VIEWS.map(({ name, title }) => (
						<a key={name} href={addressOf(name, model.tab.value, model.selectedId.value)} aria-current={view === name ? 'page' : undefined}>
							{title}
						</a>
					))}
				</nav>
				<p class="bar-note">every WebSocket this page opens, as it happens</p>
				<button type="button" class="button" aria-pressed={model.paused.value} onClick={() => (model.paused.value = !model.paused.value)}>
					{model.paused.value ? 'Resume' : 'Pause'}
				</button>
			</header>
			<main class="page">
				{view === 'invite' ? (
					<InviteView model={model} />
				) : (
					<>
						<Figures model={model} />
						<div class={model.selectedId.value ? 'columns has-detail' : 'columns'}>
							<section class="panel connections" aria-label="Connections">
								<OpenForm model={model} />
								<Connections model={model} />
							</section>
							<Detail model={model} />
						</div>
					</>
				)}
				<Bottom model={model} />
			</main>
		</>
	);
}

function Logo() {
	return (
		<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
			<rect width="32" height="32" rx="8" />
			<path d="M6 16h4l3-7 5 14 3-7h5" />
		</svg>
	);
}
