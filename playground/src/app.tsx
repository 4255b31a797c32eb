import { useEffect } from 'preact/hooks';
import type { Model } from './model/model.js';
import { bindAddress } from './model/navigation.js';
import { Bottom } from './panels/bottom.js';
import { Connections } from './panels/connections.js';
import { Detail } from './panels/detail.js';
import { Figures } from './panels/figures.js';
import { OpenForm } from './panels/open-form.js';

export function App({ model }: { model: Model }) {
	useEffect(() => bindAddress(model, window), [model]);
	return (
		<>
			<header class="bar">
				<h1>
					<Logo /> linkscope
				</h1>
				<p class="bar-note">every WebSocket this page opens, as it happens</p>
				<button type="button" class="button" aria-pressed={model.paused.value} onClick={() => (model.paused.value = !model.paused.value)}>
					{model.paused.value ? 'Resume' : 'Pause'}
				</button>
			</header>
			<main class="page">
				<Figures model={model} />
				<div class={model.selectedId.value ? 'columns has-detail' : 'columns'}>
					<section class="panel connections" aria-label="Connections">
						<OpenForm model={model} />
						<Connections model={model} />
					</section>
					<Detail model={model} />
				</div>
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
