package io.ovnegress.reconciler.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AddressClaimTest {
    private static final List<String> NOTHING = List.of();

    private static AddressClaim claim(AddressClaim.Kind kind, String... ips) {
        return new AddressClaim(
                kind,
                Stream.of(ips).map(ip -> IpAddress.parse(ip).orElseThrow()).toList());
    }

    @Test
    void sourcesThatNameTheSameAgreeHoweverTheySpellIt() {
        assertThat(AddressClaim.of(List.of("10.128.0.5/23", "FD01:0::5/64"), List.of("fd01::5", "10.128.0.5")))
                .isEqualTo(claim(AddressClaim.Kind.AGREED, "10.128.0.5", "fd01::5"));
    }

    @Test
    void oneSourceAloneIsToldFromTheOther() {
        assertThat(AddressClaim.of(List.of("10.128.0.5/23"), List.of("")))
                .isEqualTo(claim(AddressClaim.Kind.ANNOTATION_ONLY, "10.128.0.5"));
        assertThat(AddressClaim.of(List.of("homer"), List.of("10.128.0.5")))
                .isEqualTo(claim(AddressClaim.Kind.STATUS_ONLY, "10.128.0.5"));
        assertThat(AddressClaim.of(NOTHING, NOTHING)).isEqualTo(claim(AddressClaim.Kind.NONE));
    }

    @Test
    void sourcesThatDifferInOneAddressNameNone() {
        assertThat(AddressClaim.of(List.of("10.128.0.5"), List.of("10.128.0.6")))
                .isEqualTo(claim(AddressClaim.Kind.DISAGREED));
        assertThat(AddressClaim.of(List.of("10.128.0.5", "fd01::5"), List.of("10.128.0.5")))
                .isEqualTo(claim(AddressClaim.Kind.DISAGREED));
    }

    @Test
    void severalAddressesOfAFamilyAreNone() {
        assertThat(AddressClaim.of(List.of("10.128.0.5", "10.128.0.6"), List.of("10.128.0.5", "10.128.0.6")))
                .isEqualTo(claim(AddressClaim.Kind.SEVERAL));
        assertThat(AddressClaim.of(NOTHING, List.of("fd01::5", "fd01::6"))).isEqualTo(claim(AddressClaim.Kind.SEVERAL));
    }

    @Test
    void thousandsOfAddressesAreNone() {
        assertThat(AddressClaim.of(Collections.nCopies(8_000, "10.128.0.5"), NOTHING))
                .isEqualTo(claim(AddressClaim.Kind.SEVERAL));
    }
}
