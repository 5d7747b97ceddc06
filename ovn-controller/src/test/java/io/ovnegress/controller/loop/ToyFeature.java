package io.ovnegress.controller.loop;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.explain.Departure;
import io.ovnegress.reconciler.explain.Explanation;
import io.ovnegress.reconciler.explain.OwnerRows;
import io.ovnegress.reconciler.explain.Question;
import io.ovnegress.reconciler.feature.Decision;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.feature.Shortfall;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowIds;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The one feature of the reconciler that the loop drives in these tests: every toy is one address set of its name. Toys named
 * {@code poison} cannot be taken in, of those named {@code broken} it cannot be said what they want. Writes down what it hears, and says what it is told to say.
 */
final class ToyFeature implements Feature {
    private static final String MARK = "toy";

    final List<String> heard = new ArrayList<>();
    final List<Decision> decided = new ArrayList<>();
    private final List<StatusChange> statuses = new ArrayList<>();
    boolean failsToStart;
    Shortfall shortfall = Shortfall.NONE;
    SubnetFindings subnets = SubnetFindings.NONE;
    NodeProbes probes = NodeProbes.NONE;

    record Toy(String name) implements InputObject, Owner, Wanted.Why {
        static final InputKind KIND = new InputKind("TOY");

        @Override
        public InputKind kind() {
            return KIND;
        }

        @Override
        public String key() {
            return name;
        }

        @Override
        public String feature() {
            return MARK;
        }

        @Override
        public Optional<String> object() {
            return Optional.of(name);
        }
    }

    /** What the server is sent for these, where it has nothing yet. */
    static List<Operation> rowsOf(String... names) {
        var rows = new ArrayList<Operation>();
        for (var name : names) {
            rows.add(new Operation.Insert(
                    AddressSet.TABLE,
                    RowIds.of(name),
                    List.of(Cell.of(AddressSet.NAME, name), Cell.of(AddressSet.EXTERNAL_IDS, marks(name)))));
        }
        return rows;
    }

    /** It is in the database. */
    static Row row(String name) {
        return Row.of(
                RowIds.of(name),
                AddressSet.TABLE,
                List.of(Cell.of(AddressSet.NAME, name), Cell.of(AddressSet.EXTERNAL_IDS, marks(name))));
    }

    private static Map<String, String> marks(String name) {
        return Map.of(Marks.FEATURE_KEY, MARK, Marks.ID_KEY, name);
    }

    @Override
    public String mark() {
        return MARK;
    }

    /** Toys come at any time; what the machine waits for is what it waits for where it runs. */
    @Override
    public Set<InputKind> inputs() {
        return Set.of(EgressIpInput.KIND);
    }

    @Override
    public void monitor(MonitorSpec.Builder spec) {
        spec.table(AddressSet.TABLE, List.of(AddressSet.NAME, AddressSet.EXTERNAL_IDS));
    }

    @Override
    public NorthboundView.Claims claims() {
        return new NorthboundView.Claims() {
            @Override
            public Optional<Owner> ownerOf(Row row) {
                return Optional.of(new Toy(row.get(AddressSet.NAME)));
            }

            @Override
            public Optional<Owner> ownerOfMember(Row set, Column<? extends Set<?>> column, Object member) {
                return Optional.empty();
            }
        };
    }

    @Override
    public Decisions over(World world, Signals signals) {
        return new ToyDecisions(world, signals);
    }

    private final class ToyDecisions implements Decisions {
        private final World world;
        private final Signals signals;

        private ToyDecisions(World world, Signals signals) {
            this.world = world;
            this.signals = signals;
        }

        @Override
        public Inputs.Listener inputs() {
            return new Inputs.Listener() {
                @Override
                public void objectChanged(Optional<InputObject> before, Optional<InputObject> after) {
                    if (after.orElseThrow() instanceof Toy toy) {
                        if (toy.name().startsWith("poison")) {
                            throw new IllegalStateException("bad toy");
                        }
                        heard.add("put " + toy.name());
                        signals.dirty(toy);
                    }
                }
            };
        }

        @Override
        public Database database() {
            return new Database() {
                @Override
                public void ownedRowChanged(Optional<Row> before, Optional<Row> after) {
                    heard.add("row " + after.orElseThrow().get(AddressSet.NAME));
                }
            };
        }

        @Override
        public Wanted want(Owner owner) {
            var toy = (Toy) owner;
            if (toy.name().startsWith("broken")) {
                throw new IllegalStateException("nobody knows what is wanted");
            }
            var row = new DesiredRow(
                    AddressSet.TABLE,
                    toy.name(),
                    List.of(),
                    Cell.of(AddressSet.NAME, toy.name()),
                    List.of(Cell.of(AddressSet.NAME, toy.name())),
                    List.of(),
                    marks(toy.name()));
            return Wanted.rows(List.of(row), world.northbound().rowsOf(owner), toy);
        }

        /** Asked about what is to it an EgressIP, it speaks of the toy by that name. */
        @Override
        public Optional<Explanation> explain(Question question, OwnerRows rows) {
            return question instanceof Question.OfObject(ObjectRef(var kind, var name))
                            && world.inputs().objects(Toy.KIND, Toy.class).containsKey(name)
                    ? Optional.of(explanation(new Toy(name), rows))
                    : Optional.empty();
        }

        private Explanation explanation(Toy toy, OwnerRows rows) {
            if (toy.name().startsWith("riddle")) {
                throw new IllegalStateException("no answer");
            }
            var state = rows.of(toy, want(toy).rows());
            return new Explanation(
                    "egressip",
                    toy.name(),
                    "is a toy",
                    Map.of("colour", "red"),
                    Optional.of(new Departure(
                            Departure.Outcome.EgressAddress,
                            List.of(new Departure.Exit(Optional.of("192.0.2.1"), "node1")))),
                    Optional.empty(),
                    List.of(state.standing()),
                    state.rows(),
                    List.of());
        }

        @Override
        public List<Supplier<Iterator<? extends Owner>>> everyOwner() {
            return List.of(() -> List.copyOf(
                            world.inputs().objects(Toy.KIND, Toy.class).values())
                    .iterator());
        }

        @Override
        public void decided(Owner owner, Wanted wanted) {
            heard.add("planned " + ((Toy) owner).name());
        }

        @Override
        public void settled(Owner owner) {
            var name = ((Toy) owner).name();
            heard.add("settled " + name);
            statuses.add(new StatusChange(
                    new ObjectRef(Toy.KIND, name), "uid", 1, StatusChange.Fields.NONE, List.of(), List.of()));
        }

        @Override
        public void setLeader(boolean leads) {
            heard.add(leads ? "leads" : "stands by");
        }

        @Override
        public void start() {
            heard.add("start");
            if (failsToStart) {
                throw new IllegalStateException("not yet");
            }
        }

        @Override
        public void forgetDatabase() {}

        @Override
        public List<StatusChange> statuses(Instant now) {
            var taken = List.copyOf(statuses);
            statuses.clear();
            return taken;
        }

        @Override
        public List<Decision> takeDecisions() {
            var taken = List.copyOf(decided);
            decided.clear();
            return taken;
        }

        @Override
        public Shortfall shortfall() {
            return shortfall;
        }

        @Override
        public NodeProbes probes() {
            return probes;
        }

        @Override
        public SubnetFindings subnets() {
            return subnets;
        }
    }
}
