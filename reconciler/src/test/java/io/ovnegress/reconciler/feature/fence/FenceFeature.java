package io.ovnegress.reconciler.feature.fence;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.feature.World;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.Member;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowIds;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** A feature beside egress IPs, which touches nothing outside this folder: a port group, an ACL on it, a route on their router. */
public final class FenceFeature implements Feature {
    static final String MARK = "fence";
    private static final String ROUTER = "ovn_cluster_router";
    private static final Map<String, String> MARKED = Map.of(Marks.FEATURE_KEY, MARK);

    record Fence(String name) implements Owner {
        @Override
        public String feature() {
            return MARK;
        }
    }

    private record Because(String name) implements Wanted.Why {
        @Override
        public Optional<String> object() {
            return Optional.of(name);
        }
    }

    @Override
    public String mark() {
        return MARK;
    }

    @Override
    public Set<InputKind> inputs() {
        return Set.of(FenceInput.KIND);
    }

    @Override
    public void monitor(MonitorSpec.Builder spec) {
        spec.table(LogicalRouter.TABLE, List.of(LogicalRouter.NAME, LogicalRouter.STATIC_ROUTES))
                .elementsOf(LogicalRouter.STATIC_ROUTES)
                .table(
                        LogicalRouterStaticRoute.TABLE,
                        List.of(
                                LogicalRouterStaticRoute.IP_PREFIX,
                                LogicalRouterStaticRoute.NEXTHOP,
                                LogicalRouterStaticRoute.EXTERNAL_IDS))
                .table(
                        PortGroup.TABLE,
                        List.of(PortGroup.NAME, PortGroup.PORTS, PortGroup.ACLS, PortGroup.EXTERNAL_IDS),
                        List.of(new Condition(PortGroup.EXTERNAL_IDS, Function.INCLUDES, MARKED)))
                .elementsOf(PortGroup.PORTS)
                .elementsOf(PortGroup.ACLS)
                .table(
                        Acl.TABLE,
                        List.of(Acl.PRIORITY, Acl.DIRECTION, Acl.MATCH, Acl.ACTION, Acl.EXTERNAL_IDS),
                        List.of(new Condition(Acl.EXTERNAL_IDS, Function.INCLUDES, MARKED)));
    }

    @Override
    public NorthboundView.Claims claims() {
        return new NorthboundView.Claims() {
            @Override
            public Optional<Owner> ownerOf(Row row) {
                return row.table()
                        .externalIds()
                        .map(row::get)
                        .filter(ids -> MARK.equals(ids.get(Marks.FEATURE_KEY)))
                        .map(ids -> new Fence(ids.getOrDefault(Marks.OWNER_KEY, "")));
            }

            @Override
            public Optional<Owner> ownerOfMember(Row set, Column<? extends Set<?>> column, Object member) {
                return column == PortGroup.PORTS ? ownerOf(set) : Optional.empty();
            }
        };
    }

    @Override
    public Decisions over(World world, Signals signals) {
        return new FenceDecisions(world, signals, new FenceStatus());
    }

    private record FenceDecisions(World world, Signals signals, FenceStatus status) implements Decisions {
        @Override
        public Wanted want(Owner owner) {
            var view = world.northbound();
            var name = ((Fence) owner).name();
            var group = RowIds.of("fence-group/" + name);
            var present = new ArrayList<Member<?>>();
            for (var port : view.elements(PortGroup.PORTS, group)) {
                present.add(new Member<>(PortGroup.PORTS, group, port));
            }
            var fence = fence(owner).orElse(null);
            var rows = new ArrayList<DesiredRow>();
            var members = new ArrayList<Member<?>>();
            if (fence != null) {
                rows.add(row("fence-group/", name, List.of(), Cell.of(PortGroup.NAME, "fence_" + name)));
                rows.add(row(
                        "fence-acl/",
                        name,
                        List.of(new Attachment(PortGroup.ACLS, group)),
                        Cell.of(Acl.MATCH, "inport == @fence_" + name + " && ip4.dst == " + fence.subnet()),
                        Cell.of(Acl.DIRECTION, "from-lport"),
                        Cell.of(Acl.ACTION, "drop"),
                        Cell.of(Acl.PRIORITY, 1000L)));
                view.router(ROUTER)
                        .ifPresent(router -> rows.add(row(
                                "fence-route/",
                                name,
                                List.of(new Attachment(LogicalRouter.STATIC_ROUTES, router)),
                                Cell.of(LogicalRouterStaticRoute.IP_PREFIX, fence.subnet()),
                                Cell.of(LogicalRouterStaticRoute.NEXTHOP, fence.nexthop()))));
                for (UUID port : fence.ports()) {
                    members.add(new Member<>(PortGroup.PORTS, group, port));
                }
            }
            return new Wanted(
                    rows,
                    members,
                    new Wanted.Present(view.rowsOf(owner), present),
                    List.of(),
                    List.of(),
                    Map.of(),
                    Set.of(),
                    List.of(rows, members),
                    Optional.empty(),
                    new Because(name));
        }

        private Map<String, FenceInput> fences() {
            return world.inputs().objects(FenceInput.KIND, FenceInput.class);
        }

        private Optional<FenceInput> fence(Owner owner) {
            return Optional.ofNullable(fences().get(((Fence) owner).name()));
        }

        private static DesiredRow row(
                String id, String name, List<Attachment> places, Cell<?> identity, Cell<?>... others) {
            var cells = new ArrayList<Cell<?>>(List.of(others));
            cells.add(identity);
            return new DesiredRow(
                    identity.column().table(),
                    id + name,
                    places,
                    identity,
                    cells,
                    List.of(),
                    Map.of(Marks.FEATURE_KEY, MARK, Marks.ID_KEY, id + name, Marks.OWNER_KEY, name));
        }

        @Override
        public Inputs.Listener inputs() {
            return new Inputs.Listener() {
                @Override
                public void objectChanged(Optional<InputObject> before, Optional<InputObject> after) {
                    if (after.or(() -> before).orElseThrow() instanceof FenceInput fence) {
                        signals.dirty(new Fence(fence.name()));
                    }
                }
            };
        }

        @Override
        public Database database() {
            return new Database() {
                @Override
                public void routerChanged(String name) {
                    if (name.equals(ROUTER)) {
                        lookAtEverything();
                    }
                }
            };
        }

        private void lookAtEverything() {
            world.northbound().owners().stream()
                    .filter(owner -> owner instanceof Fence)
                    .toList()
                    .forEach(signals::dirty);
            fences().keySet().forEach(name -> signals.dirty(new Fence(name)));
        }

        @Override
        public void start() {
            lookAtEverything();
        }

        @Override
        public void forgetDatabase() {
            lookAtEverything();
        }

        @Override
        public void settled(Owner owner) {
            fence(owner).ifPresent(fence -> status.settled(fence, Optional.empty()));
        }

        @Override
        public void refused(Owner owner, String error, Duration retryIn) {
            fence(owner).ifPresent(fence -> status.settled(fence, Optional.of(error)));
        }

        @Override
        public List<StatusChange> statuses(Instant now) {
            return status.take();
        }
    }
}
