package io.ovnegress.controller.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.proxy.ProxyRules.Reading;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The grammar of EGRESS_HTTP_PROXY_DESTINATION, and what squid is told. */
class ProxyRulesTest {
    private static List<String> squid(String text) {
        return SquidConfig.of(((Reading.Read) ProxyRules.read(text)).rules())
                .lines()
                .filter(line -> line.startsWith("acl") || line.startsWith("http_access"))
                .toList();
    }

    private static List<String> problems(String text) {
        return ((Reading.Refused) ProxyRules.read(text)).problems();
    }

    @Test
    void theExampleOfTheDocumentsDeniesTwoAndAllowsTheRest() {
        assertThat(squid("!*.example.com\n!192.168.1.0/24\n*\n"))
                .containsExactly(
                        "acl dest1 dstdomain -n .example.com",
                        "http_access deny dest1",
                        "acl dest2 dst 192.168.1.0/24",
                        "http_access deny dest2",
                        "http_access allow all");
    }

    @Test
    void withoutTheWildcardTheRestIsDenied() {
        assertThat(squid("""
                        # only these

                        203.0.113.25
                        WWW.Example.com
                        *.deep.example.com
                        2001:db8::1
                        10.1.2.3/8
                        """))
                .containsExactly(
                        "acl dest1 dst 203.0.113.25/32",
                        "http_access allow dest1",
                        "acl dest2 dstdomain -n www.example.com",
                        "http_access allow dest2",
                        "acl dest3 dstdomain -n .deep.example.com",
                        "http_access allow dest3",
                        "acl dest4 dst 2001:db8::1/128",
                        "http_access allow dest4",
                        "acl dest5 dst 10.0.0.0/8",
                        "http_access allow dest5",
                        "http_access deny all");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "300.1.2.3|line 1 \"300.1.2.3\": is no IP address, CIDR, host name or *.domain",
                "192.168.1.0/33|line 1 \"192.168.1.0/33\": is no IP address, CIDR, host name or *.domain",
                "two words|line 1 \"two words\": is no IP address, CIDR, host name or *.domain",
                "exa_mple.com|line 1 \"exa_mple.com\": is no IP address, CIDR, host name or *.domain",
                "*example.com|line 1 \"*example.com\": is no IP address, CIDR, host name or *.domain",
                "!|line 1 \"!\": is no IP address, CIDR, host name or *.domain",
                "a.com # why|line 1 \"a.com # why\": is no IP address, CIDR, host name or *.domain",
                "http://a.com/|line 1 \"http://a.com/\": is no IP address, CIDR, host name or *.domain"
            })
    void whatIsNoDestinationIsRefusedWithItsLine(String text, String problem) {
        assertThat(problems(text)).containsExactly(problem);
    }

    @Test
    void theWildcardIsTheLastLine() {
        assertThat(problems("a.com\n*\n\n!b.com\n*"))
                .containsExactly(
                        "line 4 \"!b.com\": comes after \"*\", which decides about all that is left: it must be the last line",
                        "line 5 \"*\": comes after \"*\", which decides about all that is left: it must be the last line");
        assertThat(squid("a.com\n!*")).endsWith("http_access deny all");
    }

    @Test
    void nothingAtAllIsRefused() {
        assertThat(problems("\n  \n# nothing\n")).singleElement().asString().startsWith("no destination");
    }

    /** Whatever is written, no line of it gets into the configuration but as a name or an address. */
    @Test
    void nothingIsInjected() {
        var random = new Random(1);
        var pieces = List.of(
                "a.com",
                "*",
                "!",
                "\n",
                " ",
                "\t",
                "\r",
                "http_access allow all",
                "#",
                "10.0.0.1",
                "/8",
                "::1",
                "\"",
                "\\",
                "é",
                "*.",
                ".",
                "acl x dst all",
                "include /etc/passwd");
        for (int i = 0; i < 20_000; i++) {
            var text = new StringBuilder();
            for (int j = random.nextInt(6); j >= 0; j--) {
                text.append(pieces.get(random.nextInt(pieces.size())));
            }
            if (ProxyRules.read(text.toString()) instanceof Reading.Read) {
                assertThat(squid(text.toString()))
                        .as("%s", text)
                        .allSatisfy(
                                line -> assertThat(line)
                                        .matches(
                                                "acl dest\\d+ (dst [0-9a-f:.]+/\\d+|dstdomain -n \\.?[a-z0-9.-]+)|http_access (allow|deny) (dest\\d+|all)"));
            }
        }
    }
}
