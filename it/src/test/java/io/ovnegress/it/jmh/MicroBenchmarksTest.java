package io.ovnegress.it.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Every micro benchmark still does what it measures, again and again. What it costs is not looked at. */
class MicroBenchmarksTest {
    private static final int TIMES = 5;

    static List<Class<?>> benchmarks() {
        return List.of(
                Apply.class,
                Decode.class,
                Encode.class,
                Explain.class,
                Place.class,
                Plan.class,
                Select.class,
                Verify.class);
    }

    @ParameterizedTest
    @MethodSource("benchmarks")
    void works(Class<?> type) throws ReflectiveOperationException {
        var benchmark = type.getDeclaredConstructor().newInstance();
        for (var field : type.getFields()) {
            var parameter = field.getAnnotation(Param.class);
            if (parameter != null) {
                field.setInt(benchmark, Integer.parseInt(parameter.value()[0]));
            }
        }

        call(benchmark, Setup.class);
        for (int i = 0; i < TIMES; i++) {
            assertThat(call(benchmark, Benchmark.class)).as("benchmarks called").isPositive();
        }
    }

    /** Calls the methods with this annotation, and returns how many there are. */
    private static int call(Object benchmark, Class<? extends Annotation> annotation)
            throws IllegalAccessException, InvocationTargetException {
        var methods = Arrays.stream(benchmark.getClass().getMethods())
                .filter(method -> method.isAnnotationPresent(annotation))
                .toList();
        for (var method : methods) {
            method.invoke(benchmark);
        }
        return methods.size();
    }
}
