package io.ovnegress.it.bench;

import io.ovnegress.it.harness.bulk.Inputs;

/** The objects of {@link Inputs} as an API server shows them. Pods are of the size that real ones have (about 3 KB). */
final class BenchObjects {
    private static final String FILLER = "x".repeat(1_600);

    private BenchObjects() {}

    private static String metadata(String name, String more) {
        return "\"metadata\":{\"name\":\"" + name + "\",\"uid\":\"" + name
                + "\",\"resourceVersion\":\"50\",\"creationTimestamp\":\"2026-01-01T00:00:00Z\",\"generation\":1" + more
                + "}";
    }

    static String pod(int pod, int namespaces) {
        int namespace = pod % namespaces;
        var ip = Inputs.podIp(pod).text();
        return "{\"kind\":\"Pod\",\"apiVersion\":\"v1\","
                + metadata(
                        "pod-" + pod,
                        ",\"namespace\":\"ns" + namespace + "\",\"labels\":{\"app\":\"app" + namespace
                                + "\",\"tier\":\"web\"},\"annotations\":{\"k8s.ovn.org/pod-networks\":"
                                + "\"{\\\"default\\\":{\\\"ip_addresses\\\":[\\\"" + ip
                                + "/23\\\"],\\\"mac_address\\\":\\\"0a:58:0a:80:00:05\\\",\\\"ip_address\\\":\\\""
                                + ip + "/23\\\"}}\",\"filler\":\"" + FILLER + "\"}")
                + ",\"spec\":{\"nodeName\":\"node" + (1 + pod % 2)
                + "\",\"containers\":[{\"name\":\"main\",\"image\":\"registry.example/app:1\",\"env\":[{\"name\":\"A\","
                + "\"value\":\"b\"}],\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}}}]},"
                + "\"status\":{\"phase\":\"Running\",\"podIP\":\"" + ip + "\",\"podIPs\":[{\"ip\":\"" + ip + "\"}],"
                + "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}";
    }

    static String namespace(int namespace) {
        return "{\"kind\":\"Namespace\",\"apiVersion\":\"v1\","
                + metadata("ns" + namespace, ",\"labels\":{\"team\":\"team" + namespace + "\"}") + "}";
    }

    static String node(int index) {
        int n = index + 1;
        return "{\"kind\":\"Node\",\"apiVersion\":\"v1\","
                + metadata(
                        "node" + n,
                        ",\"labels\":{\"k8s.ovn.org/egress-assignable\":\"\"},\"annotations\":{"
                                + "\"k8s.ovn.org/node-primary-ifaddr\":\"{\\\"ipv4\\\":\\\"192.168.0." + n
                                + "/16\\\"}\"}")
                + ",\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"192.168.0." + n
                + "\"}],\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}";
    }

    static String egressIp(int namespace) {
        return "{\"kind\":\"EgressIP\",\"apiVersion\":\"k8s.ovn.org/v1\"," + metadata("eip" + namespace, "")
                + ",\"spec\":{\"egressIPs\":[\"" + Inputs.egressIpText(namespace)
                + "\"],\"namespaceSelector\":{\"matchLabels\":{\"team\":\"team" + namespace
                + "\"}},\"podSelector\":{\"matchLabels\":{\"tier\":\"web\"}}}}";
    }
}
