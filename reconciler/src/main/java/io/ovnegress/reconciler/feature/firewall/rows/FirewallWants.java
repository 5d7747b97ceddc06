package io.ovnegress.reconciler.feature.firewall.rows;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.feature.Wanted;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.Member;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What is to be in the database, from what has been decided. Not thread safe, since the view is not. */
public final class FirewallWants {
    private final NorthboundView view;
    private final Matches matches;

    public FirewallWants(NorthboundView view, Matches matches) {
        this.view = view;
        this.matches = matches;
    }

    private record Because(Optional<String> object) implements Wanted.Why {}

    /** @param object that has asked for it, as the log has it */
    public Wanted acls(
            FirewallOwner.Namespace owner,
            NamespaceGroups.Group group,
            RuleCompiler.Compiled compiled,
            Optional<String> object) {
        var rows = compiled.lines().stream()
                .map(line -> FirewallRows.acl(group, owner.name(), line))
                .toList();
        var needs = new ArrayList<Wanted.Need>();
        for (var source : compiled.sources()) {
            for (var family : IpFamily.values()) {
                needs.add(new Wanted.Need(
                        new FirewallOwner.Source(source.key()), AddressSet.TABLE, setId(source.key(), family)));
            }
        }
        return wanted(rows, List.of(), new Wanted.Present(view.rowsOf(owner), List.of()), needs, object);
    }

    /** @param addresses empty if they are not known: what is there stays, unless it cannot have come from us */
    public Wanted sets(FirewallOwner.Source owner, Optional<? extends Collection<IpAddress>> addresses) {
        var rows = new ArrayList<DesiredRow>();
        var members = new ArrayList<Member<?>>();
        var present = new ArrayList<Member<?>>();
        var staying = new ArrayList<Member<?>>();
        for (var family : IpFamily.values()) {
            rows.add(FirewallRows.addressSet(owner.key(), family));
            var id = setId(owner.key(), family);
            for (var text : view.elements(AddressSet.ADDRESSES, id)) {
                var member = new Member<>(AddressSet.ADDRESSES, id, text);
                present.add(member);
                if (IpAddress.parse(text).filter(matches::isOutside).isPresent()) {
                    staying.add(member);
                }
            }
            addresses.ifPresent(all -> all.stream()
                    .filter(address -> address.family() == family)
                    .sorted()
                    .forEach(address -> members.add(new Member<>(AddressSet.ADDRESSES, id, address.text()))));
        }
        return wanted(
                rows,
                addresses.isPresent() ? members : staying,
                new Wanted.Present(view.rowsOf(owner), present),
                List.of(),
                Optional.empty());
    }

    /**
     * @param present the owner's rows that are to become these, or to go
     * @param object that has asked for it, as the log has it
     */
    public Wanted rows(List<DesiredRow> rows, List<Row> present, String object) {
        return wanted(rows, List.of(), new Wanted.Present(present, List.of()), List.of(), Optional.of(object));
    }

    public Wanted nothing(FirewallOwner owner) {
        return wanted(
                List.of(), List.of(), new Wanted.Present(view.rowsOf(owner), List.of()), List.of(), Optional.empty());
    }

    private UUID setId(String key, IpFamily family) {
        return view.addressSet(AddressSource.setName(key, family))
                .map(Row::id)
                .orElseGet(() -> RowIds.of(FirewallRows.setId(key, family)));
    }

    private static Wanted wanted(
            List<DesiredRow> rows,
            List<Member<?>> members,
            Wanted.Present present,
            List<Wanted.Need> needs,
            Optional<String> object) {
        return new Wanted(
                rows,
                members,
                present,
                List.of(),
                needs,
                Map.of(),
                Set.of(),
                List.of(rows, members),
                Optional.empty(),
                new Because(object));
    }
}
