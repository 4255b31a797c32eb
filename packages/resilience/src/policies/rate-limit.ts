import { ComposablePolicy, start, type Task } from './composable-policy.js';
import type { LazyAttempt } from './lazy-attempt.js';
import { abortedError } from './policy-error.js';
import { TokenBucket, type TokenBucketOptions } from './token-bucket.js';

export interface RateLimitOptions extends TokenBucketOptions {
	/** One that several policies share; the other options are then its own. */
	bucket?: TokenBucket;
}

/**
 * Runs so many tasks a second; the others wait their turn.
 * @throws RangeError naming the option. The policy rejects with PolicyError RATE_LIMITED where too many wait.
 */
export function rateLimit(options: RateLimitOptions = {}): RateLimit {
	return new RateLimit(options.bucket ?? new TokenBucket(options));
}

export class RateLimit extends ComposablePolicy {
	readonly bucket: TokenBucket;

	constructor(bucket: TokenBucket) {
		super();
		this.bucket = bucket;
	}

	run<T>(task: Task<T>, attempt: LazyAttempt): Promise<T> {
		if (this.bucket.tryTake()) return start(task, attempt);
		return this.bucket.takeWithin(attempt).then(() => {
			// It may have left between its token and this.
			if (attempt.ended) throw abortedError(attempt.ended.reason);
			return task(attempt);
		});
	}
}
