package io.ovnegress.controller.kube;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedRateLimiterMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedRetryMetrics;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.ratelimiter.RequestNotPermitted;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How hard the API server is pressed with writes: so many a second, each tried a few times, and none while it fails at most of
 * them. Only what tells of a server in trouble counts as failing (no answer, 429, 5xx), not what it has decided (403, 404, 409, 422).
 * Thread safe.
 */
final class ApiGuard {
    private static final Logger LOG = LoggerFactory.getLogger(ApiGuard.class);
    private static final String NAME = "status";
    /** A write is a read and a patch. */
    private static final int WRITES_IN_A_PERIOD = 20;

    private static final Duration PERIOD = Duration.ofMillis(200);
    /** Calls that are looked at, and how many of them there must be. */
    private static final int WINDOW = 20;

    private static final int LEAST_CALLS = 10;
    private static final int PROBES = 2;

    private final RetryRegistry retries;
    private final CircuitBreakerRegistry breakers;
    private final RateLimiterRegistry limiters;
    private final Retry retry;
    private final CircuitBreaker breaker;
    private final RateLimiter limiter;

    /**
     * @param attempts how often a call is tried
     * @param backoff milliseconds to wait after the n-th failure
     * @param rest how long the server is left alone once most calls have failed
     * @param atOnce failures after which the call is tried again without waiting
     */
    ApiGuard(int attempts, IntervalFunction backoff, Duration rest, Predicate<Throwable> atOnce) {
        retries = RetryRegistry.of(RetryConfig.<Object>custom()
                .maxAttempts(attempts)
                .intervalBiFunction(
                        (attempt, result) -> atOnce.test(result.getLeft()) ? Long.valueOf(1) : backoff.apply(attempt))
                .retryOnException(error -> atOnce.test(error) || isTrouble(error))
                .build());
        breakers = CircuitBreakerRegistry.of(CircuitBreakerConfig.custom()
                .slidingWindowSize(WINDOW)
                .minimumNumberOfCalls(LEAST_CALLS)
                .waitDurationInOpenState(rest)
                .permittedNumberOfCallsInHalfOpenState(PROBES)
                .recordException(ApiGuard::isTrouble)
                .ignoreExceptions(RequestNotPermitted.class)
                .build());
        limiters = RateLimiterRegistry.of(RateLimiterConfig.custom()
                .limitForPeriod(WRITES_IN_A_PERIOD)
                .limitRefreshPeriod(PERIOD)
                .timeoutDuration(Duration.ofMinutes(1))
                .build());
        retry = retries.retry(NAME);
        breaker = breakers.circuitBreaker(NAME);
        limiter = limiters.rateLimiter(NAME);
        breaker.getEventPublisher()
                .onStateTransition(
                        event -> LOG.warn("Status writes to the API server state=\"{}\"", event.getStateTransition()));
    }

    private static boolean isTrouble(Throwable error) {
        return error instanceof KubernetesClientException
                && ApiErrors.isTransient(error)
                && !ApiErrors.isConflict(error);
    }

    void onRetry(Runnable listener) {
        retry.getEventPublisher().onRetry(event -> listener.run());
    }

    /** @throws CallNotPermittedException if the server is left alone at present */
    <T> T call(Supplier<T> request) {
        var limited = RateLimiter.decorateSupplier(limiter, request);
        return Retry.decorateSupplier(retry, CircuitBreaker.decorateSupplier(breaker, limited))
                .get();
    }

    /** As resilience4j names them: {@code resilience4j.retry.calls}, {@code resilience4j.circuitbreaker.state} and so on. */
    void bindTo(MeterRegistry registry) {
        TaggedRetryMetrics.ofRetryRegistry(retries).bindTo(registry);
        TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(breakers).bindTo(registry);
        TaggedRateLimiterMetrics.ofRateLimiterRegistry(limiters).bindTo(registry);
    }
}
