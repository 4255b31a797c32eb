import type { LinkNetwork } from './link-options.js';

export type NetworkNews = Parameters<Parameters<LinkNetwork['subscribe']>[0]>[0];

/** A network that comes and goes when told. */
export class FakeNetwork implements LinkNetwork {
	status = { online: true };
	readonly listeners = new Set<(news: NetworkNews) => void>();

	subscribe(listener: (news: NetworkNews) => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}

	tell(news: NetworkNews): void {
		if (news.kind === 'network') this.status = { online: news.online };
		for (const listener of [...this.listeners]) listener(news);
	}
}
