package io.ovnegress.reconciler.feature.firewall.rows;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Which sets ACLs in the database name: these stay until none does, since without them chassis could not read the ACLs. Not thread safe. */
public final class SetUsers {
    private static final Pattern NAMED = Pattern.compile("\\$(ovn_egress_fw_\\w+)");

    private final Map<String, Integer> acls = new HashMap<>();

    /** @return the sets that no ACL names any more */
    public Set<String> rowChanged(Optional<Row> before, Optional<Row> after) {
        after.ifPresent(row -> sets(row).forEach(set -> acls.merge(set, 1, Integer::sum)));
        var unused = new HashSet<String>();
        before.ifPresent(row -> sets(row).forEach(set -> {
            if (acls.merge(set, -1, Integer::sum) <= 0) {
                acls.remove(set);
                unused.add(set);
            }
        }));
        return unused;
    }

    public boolean uses(String key) {
        for (var family : IpFamily.values()) {
            if (acls.containsKey(AddressSource.setName(key, family))) {
                return true;
            }
        }
        return false;
    }

    public void forget() {
        acls.clear();
    }

    private static Set<String> sets(Row row) {
        var sets = new HashSet<String>();
        if (row.table() == Acl.TABLE) {
            var matcher = NAMED.matcher(row.get(Acl.MATCH));
            while (matcher.find()) {
                sets.add(matcher.group(1));
            }
        }
        return sets;
    }
}
