package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.SharedRows.acl;
import static io.ovnegress.reconciler.SharedRows.addressSet;
import static io.ovnegress.reconciler.SharedRows.bfd;
import static io.ovnegress.reconciler.SharedRows.loadBalancer;
import static io.ovnegress.reconciler.SharedRows.loadBalancerGroup;
import static io.ovnegress.reconciler.SharedRows.portGroup;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LoadBalancerGroup;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.RowChange;
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/** Facts about rows that hang on several others, or weakly: true on the fake database and, in {@code it}, on a real server. */
public final class SharedRowsHistories {
    private static final UUID GROUP1 = RowIds.of("group1");
    private static final UUID GROUP2 = RowIds.of("group2");
    private static final UUID BALANCER = RowIds.of("balancer");
    private static final CommitOutcome COMMITTED = new CommitOutcome.Committed();

    private SharedRowsHistories() {}

    /** By the fact that each shows. */
    public static Map<String, Consumer<SharedRows>> all() {
        var all = new LinkedHashMap<String, Consumer<SharedRows>>();
        all.put("row hangs on several parents", SharedRowsHistories::rowHangsOnSeveralParents);
        all.put("row that loses one of its parents stays", SharedRowsHistories::rowThatLosesAParentStays);
        all.put("row that hangs on nothing goes", SharedRowsHistories::rowThatHangsOnNothingGoes);
        all.put("parents go with the rows on them", SharedRowsHistories::parentsGoWithTheRowsOnThem);
        all.put("changed row is missed on a strong reference", SharedRowsHistories::changedRowIsMissedWhereItIsStrong);
        all.put("weak references come, change and go", SharedRowsHistories::weakReferencesComeAndGo);
        all.put("changed row is missed on a weak reference", SharedRowsHistories::changedRowIsMissedWhereItIsWeak);
        all.put("row is missed that is to hang elsewhere too", SharedRowsHistories::movedRowIsMissedWhereItIsWeak);
        all.put("row of a root table is missed", SharedRowsHistories::rootRowIsMissed);
        all.put("root row is taken off before it goes", SharedRowsHistories::rootRowIsTakenOffBeforeItGoes);
        all.put("parent without a name is waited for", SharedRowsHistories::parentWithoutNameIsWaitedFor);
        all.put("parent that was renamed is missed", SharedRowsHistories::renamedParentIsMissed);
        all.put("members are rows of others", SharedRowsHistories::membersAreRowsOfOthers);
        all.put("member that is gone is not missed", SharedRowsHistories::memberThatIsGoneIsNotMissed);
        all.put("members are texts", SharedRowsHistories::membersAreTexts);
        return all;
    }

    /** @param journal is told everything that is done to the database */
    public static void play(Consumer<SharedRows> history, ServerSchema schema, FakeNorthbound.Journal journal) {
        history.accept(new SharedRows(schema, journal));
    }

    private static Attachment at(Column<Set<UUID>> column, UUID parent) {
        return new Attachment(column, parent);
    }

    private static void rowHangsOnSeveralParents(SharedRows rows) {
        var group1 = portGroup("group1");
        var group2 = portGroup("group2");
        var acl = acl(
                "ip4", at(PortGroup.ACLS, GROUP1), at(PortGroup.ACLS, GROUP2), at(LogicalSwitch.ACLS, rows.switch1));

        assertThat(rows.write(group1, group2, acl)).isEqualTo(COMMITTED);

        assertThat(rows.database.rows(Acl.TABLE)).hasSize(1);
        for (var group : List.of(GROUP1, GROUP2)) {
            assertThat(rows.database.children(PortGroup.ACLS, group)).hasSize(1);
        }
        assertThat(rows.database.children(LogicalSwitch.ACLS, rows.switch1)).hasSize(1);
        assertThat(rows.view.parentsOf(acl.id())).containsExactlyInAnyOrderElementsOf(acl.attachments());
        rows.assertSettled(group1, group2, acl);

        var changed = acl("ip6", acl.attachments().toArray(Attachment[]::new));
        assertThat(rows.write(group1, group2, changed)).isEqualTo(COMMITTED);
        assertThat(rows.sent()).as("one parent asks for the row").hasSize(3);
        rows.assertSettled(group1, group2, changed);
    }

    private static void rowThatLosesAParentStays(SharedRows rows) {
        rows.write(
                portGroup("group1"),
                portGroup("group2"),
                acl("ip4", at(PortGroup.ACLS, GROUP1), at(PortGroup.ACLS, GROUP2)));

        var acl = acl("ip4", at(PortGroup.ACLS, GROUP2), at(LogicalSwitch.ACLS, rows.switch2));
        assertThat(rows.write(portGroup("group1"), portGroup("group2"), acl)).isEqualTo(COMMITTED);

        assertThat(rows.database.children(PortGroup.ACLS, GROUP1)).isEmpty();
        assertThat(rows.view.parentsOf(acl.id())).containsExactlyInAnyOrderElementsOf(acl.attachments());
        rows.assertSettled(portGroup("group1"), portGroup("group2"), acl);
    }

    private static void rowThatHangsOnNothingGoes(SharedRows rows) {
        rows.write(acl("ip4", at(LogicalSwitch.ACLS, rows.switch1), at(LogicalSwitch.ACLS, rows.switch2)));

        assertThat(rows.write()).isEqualTo(COMMITTED);

        assertThat(rows.database.rows(Acl.TABLE)).isEmpty();
        rows.assertSettled();
    }

    private static void parentsGoWithTheRowsOnThem(SharedRows rows) {
        rows.write(portGroup("group1"), acl("ip4", at(PortGroup.ACLS, GROUP1)));

        assertThat(rows.write()).isEqualTo(COMMITTED);

        assertThat(rows.database.rows(Acl.TABLE)).isEmpty();
        assertThat(rows.database.rows(PortGroup.TABLE)).isEmpty();
    }

    private static void changedRowIsMissedWhereItIsStrong(SharedRows rows) {
        var places = new Attachment[] {at(LogicalSwitch.ACLS, rows.switch1), at(LogicalSwitch.ACLS, rows.switch2)};
        rows.write(acl("ip4", places));

        rows.meanwhile(() -> rows.database.delete(Acl.TABLE, RowIds.of("acl")));
        assertThat(rows.write(acl("ip6", places))).isInstanceOf(CommitOutcome.Conflict.class);

        assertThat(rows.write(acl("ip6", places))).isEqualTo(COMMITTED);
        rows.assertSettled(acl("ip6", places));
    }

    private static void weakReferencesComeAndGo(SharedRows rows) {
        var router = at(LogicalRouter.LOAD_BALANCER, rows.router);
        var switch1 = at(LogicalSwitch.LOAD_BALANCER, rows.switch1);
        var switch2 = at(LogicalSwitch.LOAD_BALANCER, rows.switch2);

        assertThat(rows.write(loadBalancer("10.128.0.5:80", router, switch1))).isEqualTo(COMMITTED);
        assertThat(rows.view.parentsOf(BALANCER)).containsExactlyInAnyOrder(router, switch1);
        rows.assertSettled(loadBalancer("10.128.0.5:80", router, switch1));

        assertThat(rows.write(loadBalancer("10.128.0.6:80", router, switch2))).isEqualTo(COMMITTED);
        assertThat(rows.view.parentsOf(BALANCER)).containsExactlyInAnyOrder(router, switch2);
        assertThat(rows.database.children(LogicalSwitch.LOAD_BALANCER, rows.switch1))
                .isEmpty();

        assertThat(rows.write()).isEqualTo(COMMITTED);
        assertThat(rows.sent()).as("it goes from weak references by itself").hasSize(1);
        assertThat(rows.view.parentsOf(BALANCER)).isEmpty();
        assertThat(rows.database.children(LogicalRouter.LOAD_BALANCER, rows.router))
                .isEmpty();
    }

    private static void changedRowIsMissedWhereItIsWeak(SharedRows rows) {
        var places = new Attachment[] {
            at(LogicalRouter.LOAD_BALANCER, rows.router), at(LogicalSwitch.LOAD_BALANCER, rows.switch1)
        };
        rows.write(loadBalancer("10.128.0.5:80", places));

        rows.meanwhile(() -> rows.database.delete(LoadBalancer.TABLE, BALANCER));
        assertThat(rows.write(loadBalancer("10.128.0.6:80", places))).isInstanceOf(CommitOutcome.Conflict.class);

        assertThat(rows.write(loadBalancer("10.128.0.6:80", places))).isEqualTo(COMMITTED);
        rows.assertSettled(loadBalancer("10.128.0.6:80", places));
    }

    private static void movedRowIsMissedWhereItIsWeak(SharedRows rows) {
        var router = at(LogicalRouter.LOAD_BALANCER, rows.router);
        var nodeSwitch = at(LogicalSwitch.LOAD_BALANCER, rows.switch1);
        rows.write(loadBalancer("10.128.0.5:80", router));

        rows.meanwhile(() -> rows.database.delete(LoadBalancer.TABLE, BALANCER));
        assertThat(rows.write(loadBalancer("10.128.0.5:80", router, nodeSwitch)))
                .isInstanceOf(CommitOutcome.Conflict.class);
        assertThat(rows.database.children(LogicalSwitch.LOAD_BALANCER, rows.switch1))
                .isEmpty();
    }

    private static void rootRowIsMissed(SharedRows rows) {
        rows.write(loadBalancer("10.128.0.5:80"));

        rows.meanwhile(() -> rows.database.delete(LoadBalancer.TABLE, BALANCER));
        assertThat(rows.write(loadBalancer("10.128.0.6:80"))).isInstanceOf(CommitOutcome.Conflict.class);

        assertThat(rows.write(loadBalancer("10.128.0.6:80"))).isEqualTo(COMMITTED);
    }

    /** A strong reference to a row of a root table: nobody may delete it while others hang on to it. */
    private static void rootRowIsTakenOffBeforeItGoes(SharedRows rows) {
        var group = loadBalancerGroup(at(LogicalRouter.LOAD_BALANCER_GROUP, rows.router));
        assertThat(rows.write(group)).isEqualTo(COMMITTED);
        rows.assertSettled(group);

        var alone =
                rows.commit(List.of(new Operation.Delete(LoadBalancerGroup.TABLE, new Operation.Where.Id(group.id()))));
        assertThat(alone).isInstanceOf(CommitOutcome.Conflict.class);

        assertThat(rows.write()).isEqualTo(COMMITTED);
        assertThat(rows.database.rows(LoadBalancerGroup.TABLE)).isEmpty();
    }

    private static void parentWithoutNameIsWaitedFor(SharedRows rows) {
        if (!rows.schema().has(LogicalRouterPolicy.BFD_SESSIONS)) {
            return; // an older server's policies have none
        }
        var place = at(LogicalRouterPolicy.BFD_SESSIONS, rows.policy);
        assertThat(rows.write(bfd(100, place))).isEqualTo(COMMITTED);
        assertThat(rows.write(bfd(200, place))).isEqualTo(COMMITTED);
        rows.write();

        rows.meanwhile(() -> rows.database.delete(LogicalRouterPolicy.TABLE, rows.policy));
        assertThat(rows.write(bfd(100, place))).isInstanceOf(CommitOutcome.Conflict.class);
    }

    private static void renamedParentIsMissed(SharedRows rows) {
        rows.meanwhile(
                () -> rows.database.set(LogicalSwitch.TABLE, rows.switch1, Cell.of(LogicalSwitch.NAME, "another")));

        assertThat(rows.write(acl("ip4", at(LogicalSwitch.ACLS, rows.switch1))))
                .isInstanceOf(CommitOutcome.Conflict.class);
    }

    private static void membersAreRowsOfOthers(SharedRows rows) {
        var members = List.<RowChange>of(
                new RowChange.Members<>(PortGroup.PORTS, GROUP1, Set.of(rows.port1, rows.port2), Set.of()));
        rows.told.clear();
        assertThat(rows.write(members, portGroup("group1"))).isEqualTo(COMMITTED);

        assertThat(rows.view.elements(PortGroup.PORTS, GROUP1)).containsExactlyInAnyOrder(rows.port1, rows.port2);
        assertThat(rows.told)
                .contains(
                        new SharedRows.Toy(rows.port1 + " of Port_Group.ports"),
                        new SharedRows.Toy(rows.port2 + " of Port_Group.ports"));

        rows.told.clear();
        rows.meanwhile(() -> rows.database.delete(LogicalSwitchPort.TABLE, rows.port2));
        assertThat(rows.write(
                        List.of(new RowChange.Members<>(PortGroup.PORTS, GROUP1, Set.of(), Set.of(rows.port1))),
                        portGroup("group1")))
                .isEqualTo(COMMITTED);
        assertThat(rows.view.elements(PortGroup.PORTS, GROUP1)).isEmpty();
        assertThat(rows.told).contains(new SharedRows.Toy(rows.port2 + " of Port_Group.ports"));

        rows.meanwhile(() -> rows.database.delete(PortGroup.TABLE, GROUP1));
        assertThat(rows.write(
                        List.of(new RowChange.Members<>(PortGroup.PORTS, GROUP1, Set.of(rows.port1), Set.of())),
                        portGroup("group1")))
                .as("the set itself is missed")
                .isInstanceOf(CommitOutcome.Conflict.class);
    }

    private static void memberThatIsGoneIsNotMissed(SharedRows rows) {
        rows.write(portGroup("group1"));

        rows.meanwhile(() -> rows.database.delete(LogicalSwitchPort.TABLE, rows.port2));
        assertThat(rows.write(
                        List.of(new RowChange.Members<>(
                                PortGroup.PORTS, GROUP1, Set.of(rows.port1, rows.port2), Set.of())),
                        portGroup("group1")))
                .isEqualTo(COMMITTED);
        assertThat(rows.view.elements(PortGroup.PORTS, GROUP1)).containsExactly(rows.port1);
    }

    private static void membersAreTexts(SharedRows rows) {
        var set = RowIds.of("set");
        assertThat(rows.write(
                        List.of(new RowChange.Members<>(AddressSet.ADDRESSES, set, Set.of("10.128.0.5"), Set.of())),
                        addressSet("set")))
                .isEqualTo(COMMITTED);
        assertThat(names(rows.database.rows(AddressSet.TABLE))).containsExactly("set");
        assertThat(rows.view.elements(AddressSet.ADDRESSES, set)).containsExactly("10.128.0.5");
        assertThat(rows.told).contains(new SharedRows.Toy("10.128.0.5 of Address_Set.addresses"));
    }

    private static List<String> names(List<Row> rows) {
        return rows.stream().map(SharedRowsHistories::name).toList();
    }

    private static String name(Row row) {
        Table table = row.table();
        return row.get(table.nameColumn().orElseThrow());
    }
}
