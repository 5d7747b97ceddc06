package io.ovnegress.controller.loop;

import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.NamespaceInput;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.PlannedTransaction;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Every namespace is one row: a transaction writes all that changed, one at a time, in the way of the real decisions.
 * Namespaces named {@code poison} are not survived, and neither are calls that the loop must not make.
 */
final class ToyDecisions implements Decisions {
    final List<String> calls = new ArrayList<>();
    final List<CommitOutcome> outcomes = new ArrayList<>();
    private final Set<InputKind> missing = new TreeSet<>(InputKind.core());
    private final Set<String> dirty = new TreeSet<>();
    private Optional<PlannedTransaction> inFlight = Optional.empty();
    private final List<StatusChange> status = new ArrayList<>();
    final List<Decision> decided = new ArrayList<>();
    private boolean synchronised;
    private boolean leader = true;
    private long number;
    Optional<Instant> deadline = Optional.empty();
    String serverTrouble = "";
    Shortfall shortfall = Shortfall.NONE;
    SubnetFindings subnets = SubnetFindings.NONE;

    @Override
    public void connected(ServerSchema schema) {
        calls.add("connected");
    }

    @Override
    public void disconnected() {
        calls.add("disconnected");
        synchronised = false;
    }

    @Override
    public void setLeader(boolean leads) {
        calls.add(leads ? "leads" : "stands by");
        leader = leads;
    }

    @Override
    public void apply(InputChange change, Instant now) {
        switch (change) {
            case InputChange.Put(NamespaceInput namespace) -> {
                if (namespace.name().startsWith("poison")) {
                    throw new IllegalStateException("bad namespace");
                }
                calls.add("put " + namespace.name());
                dirty.add(namespace.name());
            }
            case InputChange.Listed(var kind, var objects) -> {
                calls.add("listed " + kind);
                missing.remove(kind);
            }
            default -> throw new IllegalArgumentException(change.toString());
        }
    }

    @Override
    public void apply(TableUpdates updates) {
        calls.add("updates " + updates.transactionId());
        synchronised |= updates.complete();
    }

    @Override
    public Optional<PlannedTransaction> nextTransaction(Instant now) {
        if (!leader || inFlight.isPresent() || !synchronised || !missing.isEmpty() || dirty.isEmpty()) {
            return Optional.empty();
        }
        inFlight = Optional.of(new PlannedTransaction(
                ++number, List.of(new Operation.Comment(String.join(",", dirty))), dirty, dirty.size(), List.of(), 0));
        calls.add("planned " + String.join(",", dirty));
        dirty.clear();
        return inFlight;
    }

    @Override
    public void complete(PlannedTransaction transaction, CommitOutcome outcome, Instant now) {
        if (inFlight.filter(transaction::equals).isEmpty()) {
            throw new IllegalStateException("not in flight: " + transaction);
        }
        inFlight = Optional.empty();
        outcomes.add(outcome);
        if (outcome instanceof CommitOutcome.Committed) {
            calls.add("committed");
            for (var owner : new TreeSet<>(transaction.owners())) {
                status.add(new StatusChange(
                        new ObjectRef(InputKind.EGRESS_IP, owner),
                        "uid",
                        1,
                        StatusChange.Fields.NONE,
                        List.of(),
                        List.of()));
            }
        } else {
            calls.add("not committed");
            dirty.addAll(transaction.owners());
        }
    }

    @Override
    public List<StatusChange> takeStatusChanges() {
        var taken = List.copyOf(status);
        status.clear();
        return taken;
    }

    @Override
    public List<Decision> takeDecisions() {
        var taken = List.copyOf(decided);
        decided.clear();
        return taken;
    }

    @Override
    public Optional<Instant> nextDeadline() {
        return deadline;
    }

    @Override
    public Shortfall shortfall() {
        return shortfall;
    }

    @Override
    public Reconciler.Progress progress() {
        return new Reconciler.Progress(
                synchronised,
                Set.copyOf(missing),
                dirty.size(),
                inFlight.map(transaction -> 1).orElse(0),
                0,
                0,
                0,
                serverTrouble,
                Map.of(),
                subnets,
                0);
    }
}
