package io.ovnegress.it.demo;

import io.ovnegress.it.harness.process.DnsServer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code make demo DEMO=--systems}: what egress routers, firewalls, pools and proxies of other systems are used for, in one cluster,
 * with real packets.
 */
final class SystemsStory implements AutoCloseable {
    /** Where anything of ours can be. */
    private static final List<String> TABLES = List.of(
            "Logical_Router",
            "Logical_Router_Port",
            "Logical_Router_Policy",
            "Logical_Router_Static_Route",
            "Logical_Switch",
            "Logical_Switch_Port",
            "Load_Balancer",
            "HA_Chassis_Group",
            "Address_Set",
            "ACL",
            "NAT",
            "QoS",
            "Meter");

    private final DnsServer dns = new DnsServer(1);

    /** The four features, and where names are looked up. */
    String[] flags() {
        return new String[] {
            "--enable-egress-router",
            "--enable-egress-firewall",
            "--enable-egress-ip-pools",
            "--dns-servers=" + dns.address(),
            "--k8s-service-cidrs=172.30.0.0/16"
        };
    }

    void tell(Stage stage) {
        var before = rows(stage);
        var bank = new BankStory(stage);
        var tenant = new TenantStory(stage, dns);
        try (var proxy = new ProxyStory(stage)) {
            bank.openTheBank();
            bank.openTheRouter();
            tenant.applyFirewall();
            tenant.applyPool();
            boolean hasProxy = proxy.tell();
            bank.addASecondSource();
            var lost = bank.loseANode();

            stage.narrator()
                    .step(
                            "Everything is deleted",
                            "no row of it is left, and every pod leaves as it did in the beginning");
            bank.delete();
            tenant.delete();
            if (hasProxy) {
                proxy.delete();
            }
            stage.narrator()
                    .check(
                            "the rows of ours are those of the beginning",
                            () -> Cast.await("rows as before", () -> {
                                var left = rows(stage);
                                left.removeAll(before);
                                Cast.require(left.isEmpty(), left.toString());
                            }));
            bank.checkClosed(lost);
            stage.cast().pods().stream()
                    .filter(pod -> !pod.node().equals(lost))
                    .forEach(stage.cast()::checkLeavesAsItsNode);
        }
    }

    /** UUIDs of what is ours. */
    private static Set<String> rows(Stage stage) {
        var rows = new TreeSet<String>();
        for (var table : TABLES) {
            stage.cluster()
                    .central()
                    .nbctl(
                            "--bare",
                            "--columns=_uuid",
                            "find",
                            table,
                            "external_ids:\"k8s.ovn.org/owner-controller\"=ovn-egress")
                    .lines()
                    .filter(line -> !line.isBlank())
                    .forEach(uuid -> rows.add(table + " " + uuid));
        }
        return rows;
    }

    @Override
    public void close() {
        dns.close();
    }
}
