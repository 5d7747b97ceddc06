package io.ovnegress.controller.query;

import com.google.inject.Inject;
import io.ovnegress.controller.loop.LoopInbox;
import io.ovnegress.controller.query.Api.Reply;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the loop, and waits for what it says, on whatever thread a request is answered. Thread safe. */
public final class Asking {
    private static final Logger LOG = LoggerFactory.getLogger(Asking.class);
    /** The loop answers between two turns: after this long it hangs. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final LoopInbox loop;

    @Inject
    public Asking(LoopInbox loop) {
        this.loop = loop;
    }

    /**
     * @param subject what is asked, for the log
     * @param question reads and changes nothing, within about a millisecond
     * @param reply what is made of what the loop says, not on the loop's thread
     */
    public <T> Reply ask(Object subject, Function<Reconciler, T> question, Function<T, Reply> reply) {
        var answer = loop.ask(question);
        try {
            return reply.apply(answer.get(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            return givenUp(answer, "the controller is too busy to answer: see /healthz");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return givenUp(answer, "the controller stops");
        } catch (ExecutionException e) {
            return failed(subject, e.getCause());
        } catch (RuntimeException | StackOverflowError | AssertionError e) {
            return failed(subject, e);
        }
    }

    private static Reply givenUp(CompletableFuture<?> answer, String why) {
        answer.cancel(false);
        return Reply.refused(503, why);
    }

    private static Reply failed(Object subject, Throwable cause) {
        LOG.atError().setCause(cause).addKeyValue("question", subject).log("a question could not be answered");
        return Reply.refused(500, "answering has failed, which is an error of the controller: see its log");
    }
}
