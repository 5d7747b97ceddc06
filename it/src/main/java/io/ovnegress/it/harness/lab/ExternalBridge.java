package io.ovnegress.it.harness.lab;

import io.ovnegress.it.harness.topology.ClusterNode;
import io.ovnegress.it.harness.topology.Family;
import java.util.ArrayList;
import java.util.List;

/**
 * The flows that ovnkube-node installs on {@code br-ex} in shared gateway mode, where node and gateway router have the same MAC
 * address and the same IPs: whoever opened a connection to the outside gets its answers, what begins outside is for the node,
 * and tunnels are the node's. Of other MAC addresses, and of further patch ports, nothing is said: they are switched. What a pod under an EgressIP sends to another node carries mark 1008 and leaves with the node's
 * address.
 */
final class ExternalBridge {
    /** The network card, with this OpenFlow port number. */
    static final int CARD = 1;

    /** Of connection tracking. */
    static final int ZONE = 64000;

    private static final String FROM_OVN = "0x1";
    private static final String FROM_NODE = "0x2";
    private static final String NODE_CONNECTION_MARK = "0x3f0";
    private static final int GENEVE = 6081;

    private ExternalBridge() {}

    /**
     * @param patch OpenFlow port number of the patch port to {@code br-int}
     */
    static List<String> flows(ClusterNode node, int patch) {
        var flows = new ArrayList<String>();
        flows.add("priority=300,udp,in_port=%d,udp_dst=%d,actions=LOCAL".formatted(CARD, GENEVE));
        flows.add("priority=300,udp,in_port=LOCAL,udp_dst=%d,actions=output:%d".formatted(GENEVE, CARD));
        for (int type = 133; type <= 136; type++) { // router and neighbour discovery
            flows.add("priority=200,icmp6,icmp_type=%d,actions=FLOOD".formatted(type));
        }
        for (var address : node.addresses()) {
            var family = Family.of(address);
            var ip = family == Family.V6 ? "ipv6" : "ip";
            flows.add(
                    "priority=105,in_port=%d,%s,pkt_mark=%s,actions=ct(commit,zone=%d,nat(src=%s),exec(set_field:%s->ct_mark)),output:%d"
                            .formatted(patch, ip, NODE_CONNECTION_MARK, ZONE, node.address(family), FROM_OVN, CARD));
            flows.add(outgoing(Integer.toString(patch), ip, FROM_OVN));
            flows.add(outgoing("LOCAL", ip, FROM_NODE));
            flows.add("priority=50,in_port=%d,%s,dl_dst=%s,actions=ct(zone=%d,nat,table=1)"
                    .formatted(CARD, ip, node.externalMac(), ZONE));
            flows.add(answer("+est", ip, FROM_OVN, Integer.toString(patch)));
            flows.add(answer("+rel", ip, FROM_OVN, Integer.toString(patch)));
            flows.add(answer("+est", ip, FROM_NODE, "LOCAL"));
            flows.add(answer("+rel", ip, FROM_NODE, "LOCAL"));
        }
        flows.add(
                "priority=10,in_port=%d,dl_dst=%s,actions=output:%d,LOCAL".formatted(CARD, node.externalMac(), patch));
        flows.add("priority=0,actions=NORMAL");
        flows.add("priority=9,in_port=%d,dl_src=%s,actions=NORMAL".formatted(patch, node.externalMac()));
        flows.add("priority=8,in_port=%d,actions=drop".formatted(patch));
        flows.add("table=1,priority=10,dl_dst=%s,actions=LOCAL".formatted(node.externalMac()));
        flows.add("table=1,priority=0,actions=NORMAL");
        return flows;
    }

    private static String outgoing(String from, String ip, String mark) {
        return "priority=100,in_port=%s,%s,actions=ct(commit,zone=%d,exec(set_field:%s->ct_mark)),output:%d"
                .formatted(from, ip, ZONE, mark, CARD);
    }

    private static String answer(String state, String ip, String mark, String to) {
        return "table=1,priority=100,%s,ct_state=+trk%s,ct_mark=%s,actions=output:%s".formatted(ip, state, mark, to);
    }
}
