package io.changewatch.internal.decode;

import io.changewatch.internal.decode.InPlaceEqualityTest.Money;
import io.changewatch.internal.decode.InPlaceEqualityTest.Status;
import java.io.Serializable;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.Document;
import org.bson.codecs.pojo.annotations.BsonIgnore;
import org.bson.types.Binary;
import org.bson.types.Decimal128;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/** JavaBeans of all sorts of properties. */
@SuppressWarnings("JavaUtilDate") // applications have it
public final class Beans {
    private Beans() {}

    public static final class Everything {
        private @Nullable ObjectId id;
        private int i;
        private @Nullable Long boxed;
        private @Nullable Double ratio;
        private @Nullable String text;
        private @Nullable Instant at;
        private @Nullable Date date;
        private @Nullable LocalDate day;
        private @Nullable LocalDateTime moment;
        private @Nullable LocalTime time;
        private @Nullable Decimal128 exact;
        private @Nullable BigDecimal big;
        private @Nullable UUID uuid;
        private @Nullable Binary binary;
        private @Nullable Status status;
        private @Nullable Money money;
        private @Nullable Numbers numbers;
        private @Nullable Part part;
        private @Nullable List<Part> parts;
        private @Nullable Collection<List<Integer>> lists;
        private @Nullable Set<String> names;
        private @Nullable Map<String, Long> counts;
        private @Nullable Map<String, List<Part>> groups;
        private @Nullable Document free;
        private @Nullable BsonDocument bson;
        private @Nullable Node node;

        public @Nullable ObjectId getId() {
            return id;
        }

        public void setId(@Nullable ObjectId value) {
            id = value;
        }

        public int getI() {
            return i;
        }

        public void setI(int value) {
            i = value;
        }

        public @Nullable Long getBoxed() {
            return boxed;
        }

        public void setBoxed(@Nullable Long value) {
            boxed = value;
        }

        public @Nullable Double getRatio() {
            return ratio;
        }

        public void setRatio(@Nullable Double value) {
            ratio = value;
        }

        public @Nullable String getText() {
            return text;
        }

        public void setText(@Nullable String value) {
            text = value;
        }

        public @Nullable Instant getAt() {
            return at;
        }

        public void setAt(@Nullable Instant value) {
            at = value;
        }

        public @Nullable Date getDate() {
            return date;
        }

        public void setDate(@Nullable Date value) {
            date = value;
        }

        public @Nullable LocalDate getDay() {
            return day;
        }

        public void setDay(@Nullable LocalDate value) {
            day = value;
        }

        public @Nullable LocalDateTime getMoment() {
            return moment;
        }

        public void setMoment(@Nullable LocalDateTime value) {
            moment = value;
        }

        public @Nullable LocalTime getTime() {
            return time;
        }

        public void setTime(@Nullable LocalTime value) {
            time = value;
        }

        public @Nullable Decimal128 getExact() {
            return exact;
        }

        public void setExact(@Nullable Decimal128 value) {
            exact = value;
        }

        public @Nullable BigDecimal getBig() {
            return big;
        }

        public void setBig(@Nullable BigDecimal value) {
            big = value;
        }

        public @Nullable UUID getUuid() {
            return uuid;
        }

        public void setUuid(@Nullable UUID value) {
            uuid = value;
        }

        public @Nullable Binary getBinary() {
            return binary;
        }

        public void setBinary(@Nullable Binary value) {
            binary = value;
        }

        public @Nullable Status getStatus() {
            return status;
        }

        public void setStatus(@Nullable Status value) {
            status = value;
        }

        public @Nullable Money getMoney() {
            return money;
        }

        public void setMoney(@Nullable Money value) {
            money = value;
        }

        public @Nullable Numbers getNumbers() {
            return numbers;
        }

        public void setNumbers(@Nullable Numbers value) {
            numbers = value;
        }

        public @Nullable Part getPart() {
            return part;
        }

        public void setPart(@Nullable Part value) {
            part = value;
        }

        public @Nullable List<Part> getParts() {
            return parts;
        }

        public void setParts(@Nullable List<Part> value) {
            parts = value;
        }

        public @Nullable Collection<List<Integer>> getLists() {
            return lists;
        }

        public void setLists(@Nullable Collection<List<Integer>> value) {
            lists = value;
        }

        public @Nullable Set<String> getNames() {
            return names;
        }

        public void setNames(@Nullable Set<String> value) {
            names = value;
        }

        public @Nullable Map<String, Long> getCounts() {
            return counts;
        }

        public void setCounts(@Nullable Map<String, Long> value) {
            counts = value;
        }

        public @Nullable Map<String, List<Part>> getGroups() {
            return groups;
        }

        public void setGroups(@Nullable Map<String, List<Part>> value) {
            groups = value;
        }

        public @Nullable Document getFree() {
            return free;
        }

        public void setFree(@Nullable Document value) {
            free = value;
        }

        public @Nullable BsonDocument getBson() {
            return bson;
        }

        public void setBson(@Nullable BsonDocument value) {
            bson = value;
        }

        public @Nullable Node getNode() {
            return node;
        }

        public void setNode(@Nullable Node value) {
            node = value;
        }
    }

    public static final class Part {
        private @Nullable String name;
        private int count;
        private @Nullable Status status;

        public @Nullable String getName() {
            return name;
        }

        public void setName(@Nullable String value) {
            name = value;
        }

        public int getCount() {
            return count;
        }

        public void setCount(int value) {
            count = value;
        }

        public @Nullable Status getStatus() {
            return status;
        }

        public void setStatus(@Nullable Status value) {
            status = value;
        }
    }

    public static final class Node {
        private @Nullable String name;
        private @Nullable Node next;
        private @Nullable List<Node> children;

        public @Nullable String getName() {
            return name;
        }

        public void setName(@Nullable String value) {
            name = value;
        }

        public @Nullable Node getNext() {
            return next;
        }

        public void setNext(@Nullable Node value) {
            next = value;
        }

        public @Nullable List<Node> getChildren() {
            return children;
        }

        public void setChildren(@Nullable List<Node> value) {
            children = value;
        }
    }

    public static final class Numbers {
        private int i;
        private long l;
        private double d;
        private float f;
        private short s;
        private byte b;
        private boolean z;
        private char c;

        public int getI() {
            return i;
        }

        public void setI(int value) {
            i = value;
        }

        public long getL() {
            return l;
        }

        public void setL(long value) {
            l = value;
        }

        public double getD() {
            return d;
        }

        public void setD(double value) {
            d = value;
        }

        public float getF() {
            return f;
        }

        public void setF(float value) {
            f = value;
        }

        public short getS() {
            return s;
        }

        public void setS(short value) {
            s = value;
        }

        public byte getB() {
            return b;
        }

        public void setB(byte value) {
            b = value;
        }

        public boolean isZ() {
            return z;
        }

        public void setZ(boolean value) {
            z = value;
        }

        public char getC() {
            return c;
        }

        public void setC(char value) {
            c = value;
        }
    }

    /** A property of a field. */
    public static final class Open {
        public @Nullable String name;
    }

    /** More than a plain bean. */
    public static final class Annotated {
        private @Nullable String name;

        @BsonIgnore
        public @Nullable String getName() {
            return name;
        }

        public void setName(@Nullable String value) {
            name = value;
        }
    }

    /** A property of its parent. */
    public static final class Child extends Parent {}

    /** Of a bean. */
    public static class Parent {
        private @Nullable String name;

        public @Nullable String getName() {
            return name;
        }

        public void setName(@Nullable String value) {
            name = value;
        }
    }

    /** The driver does not call its setter. */
    public static final class Fixed {
        private final List<String> names = new ArrayList<>();

        public List<String> getNames() {
            return names;
        }

        public void setNames(List<String> given) {
            names.addAll(given);
        }
    }

    /** A property without a setter. */
    public static final class Derived {
        public int getCount() {
            return 1;
        }
    }

    /** As plain as any. */
    public static final class Saved implements Serializable {
        private static final long serialVersionUID = 1L;
        private @Nullable String name;

        public @Nullable String getName() {
            return name;
        }

        public void setName(@Nullable String value) {
            name = value;
        }
    }

    /** With two of a kind that is left to its codec. */
    public record Twice(Child first, Child second) {}

    /** A setter that refuses. */
    public static final class Refusing {
        private int value;

        public int getValue() {
            return value;
        }

        public void setValue(int given) {
            if (given < 0) {
                throw new IllegalArgumentException("negative");
            }
            value = given;
        }
    }
}
