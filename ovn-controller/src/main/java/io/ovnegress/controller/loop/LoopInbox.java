package io.ovnegress.controller.loop;

import com.google.inject.Inject;
import io.ovnegress.controller.ovsdb.NbSession;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Where every other thread posts to the loop, and the only thing they share with it. Nothing is ever dropped, and order is
 * kept per sender; it needs no bound because the loop turns messages into a set of dirty keys as fast as they come.
 * Thread safe; posting never blocks.
 */
public final class LoopInbox implements NbSession.Listener {
    private final BlockingQueue<LoopMessage> messages = new LinkedBlockingQueue<>();
    private final Clock clock;

    @Inject
    public LoopInbox(Clock clock) {
        this.clock = clock;
    }

    /** The outside world changed. */
    public void input(InputChange change) {
        messages.add(new LoopMessage.Input(change, clock.instant()));
    }

    /** A session is up; its updates follow. */
    @Override
    public void connected(ServerSchema schema) {
        messages.add(new LoopMessage.Connected(schema));
    }

    /** The database changed. */
    @Override
    public void updates(TableUpdates updates) {
        messages.add(new LoopMessage.Updates(updates));
    }

    /** The session is gone. */
    @Override
    public void disconnected(String reason) {
        messages.add(new LoopMessage.Disconnected(reason));
    }

    /** Whether this controller leads; if nothing is said it does. */
    public void leads(boolean leads) {
        messages.add(new LoopMessage.Leads(leads));
    }

    /**
     * Asks the machine between two of its turns. An error of whoever asks is his: it ends neither the turn nor what is known.
     *
     * @param question reads and changes nothing, within about a millisecond
     */
    public <T> CompletableFuture<T> ask(Function<Reconciler, T> question) {
        var answer = new CompletableFuture<T>();
        messages.add(new LoopMessage.Ask(reconciler -> {
            if (answer.isDone()) {
                return; // nobody waits any more
            }
            try {
                answer.complete(question.apply(reconciler));
            } catch (RuntimeException | StackOverflowError | AssertionError e) {
                answer.completeExceptionally(e);
            }
        }));
        return answer;
    }

    void outcome(long transaction, CommitOutcome outcome) {
        messages.add(new LoopMessage.Outcome(transaction, outcome));
    }

    void stop() {
        messages.add(new LoopMessage.Stop());
    }

    /** Everything there is, in order; waits for the first message, but not longer than this. */
    List<LoopMessage> take(Duration wait) throws InterruptedException {
        var taken = new ArrayList<LoopMessage>();
        if (messages.drainTo(taken) == 0) {
            var first = messages.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
            if (first != null) {
                taken.add(first);
                messages.drainTo(taken);
            }
        }
        return taken;
    }
}
