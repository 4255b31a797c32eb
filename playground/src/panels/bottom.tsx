import type { Model } from '../model/model.js';
import { TABS, type Tab } from '../model/selectors.js';
import { Errors } from './errors.js';
import { Log } from './log.js';
import { Report } from './report.js';

const TITLES: Record<Tab, string> = { log: 'Live log', errors: 'Errors', report: 'Report' };

export function Bottom({ model }: { model: Model }) {
	const current = model.tab.value;
	function onKeyDown(event: KeyboardEvent): void {
		const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
		if (step === undefined) return;
		model.tab.value = TABS[(TABS.indexOf(current) + step + TABS.length) % TABS.length] as Tab;
		const list = event.currentTarget as HTMLElement;
		queueMicrotask(() => list.querySelector<HTMLElement>('[aria-selected=true]')?.focus());
	}
	return (
		<section class="panel bottom" aria-label="Log, errors and report">
			<div class="tabs" role="tablist" aria-label="View" onKeyDown={onKeyDown}>
				{TABS.map((tab) => (
					<button
						type="button"
						role="tab"
						key={tab}
						id={`tab-${tab}`}
						aria-controls="tab-panel"
						aria-selected={tab === current}
						tabIndex={tab === current ? 0 : -1}
						onClick={() => (model.tab.value = tab)}
					>
						{TITLES[tab]}
						{tab === 'errors' && model.stats.value.recentErrors.length > 0 && <span class="badge">{model.stats.value.recentErrors.length}</span>}
					</button>
				))}
			</div>
			<div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${current}`} class="tab-panel">
				{current === 'log' && <Log model={model} />}
				{current === 'errors' && <Errors model={model} />}
				{current === 'report' && <Report model={model} />}
			</div>
		</section>
	);
}
