import type { Policy } from '@linkscope/core';
import { ComposablePolicy, start, type Task } from './composable-policy.js';
import { LazyAttempt } from './lazy-attempt.js';

/**
 * One policy of several, the outermost first: `compose(retry(), circuitBreaker(), timeout())` bounds every try, counts it in the circuit
 * and repeats what failed. The task sees the number of the retry and the signal of the timeout.
 */
export function compose(...policies: readonly Policy[]): Policy {
	for (const [index, policy] of policies.entries()) {
		if (typeof policy?.execute !== 'function') throw new TypeError(`policies[${index}] must have execute(task, signal)`);
	}
	return policies.map(composable).reduceRight((inner, outer) => new Composed(outer, inner), new Nothing());
}

class Composed extends ComposablePolicy {
	readonly #outer: ComposablePolicy;
	readonly #inner: ComposablePolicy;

	constructor(outer: ComposablePolicy, inner: ComposablePolicy) {
		super();
		this.#outer = outer;
		this.#inner = inner;
	}

	run<T>(task: Task<T>, attempt: LazyAttempt): Promise<T> {
		// Ours hand on what is one of ours; Foreign sees to it for the others.
		return this.#outer.run((inside) => this.#inner.run(task, inside as LazyAttempt), attempt);
	}
}

/** The innermost: just the task. */
class Nothing extends ComposablePolicy {
	run<T>(task: Task<T>, attempt: LazyAttempt): Promise<T> {
		return start(task, attempt);
	}
}

/** A policy that is not of this package. */
class Foreign extends ComposablePolicy {
	readonly #policy: Policy;

	constructor(policy: Policy) {
		super();
		this.#policy = policy;
	}

	run<T>(task: Task<T>, attempt: LazyAttempt): Promise<T> {
		const signal = attempt.abortable ? attempt.signal : undefined;
		return start(() => this.#policy.execute((inside) => task(LazyAttempt.from(inside)), signal), attempt);
	}
}

function composable(policy: Policy): ComposablePolicy {
	return policy instanceof ComposablePolicy ? policy : new Foreign(policy);
}
