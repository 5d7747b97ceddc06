package io.ovnegress.ovsdb.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import java.util.List;
import org.junit.jupiter.api.Test;

class MonitorSpecTest {
    private static final Condition ONE = new Condition(AddressSet.NAME, Function.EQUALS, "one");
    private static final Condition OTHER = new Condition(AddressSet.NAME, Function.EQUALS, "other");

    private static MonitorSpec.TableSpec asked(List<Condition> some, List<Condition> more) {
        return MonitorSpec.builder()
                .table(AddressSet.TABLE, List.of(AddressSet.NAME, AddressSet.ADDRESSES), some)
                .table(AddressSet.TABLE, List.of(AddressSet.NAME, AddressSet.EXTERNAL_IDS), more)
                .build()
                .tables()
                .get(AddressSet.TABLE);
    }

    @Test
    void whatTwoAskOfATableIsUnited() {
        var asked = asked(List.of(ONE), List.of(OTHER));

        assertThat(asked.columns()).containsExactly(AddressSet.NAME, AddressSet.ADDRESSES, AddressSet.EXTERNAL_IDS);
        assertThat(asked.conditions()).containsExactly(ONE, OTHER);
    }

    @Test
    void whoWantsAllRowsGetsThemWhateverTheOtherAsksFor() {
        assertThat(asked(List.of(ONE), List.of()).conditions()).isEmpty();
        assertThat(asked(List.of(), List.of(OTHER)).conditions()).isEmpty();
    }
}
