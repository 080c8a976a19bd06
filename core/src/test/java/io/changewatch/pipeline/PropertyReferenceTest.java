package io.changewatch.pipeline;

import static io.changewatch.pipeline.Condition.changed;
import static io.changewatch.pipeline.Condition.changedTo;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.documentBefore;
import static io.changewatch.pipeline.Condition.documentKey;
import static io.changewatch.pipeline.Condition.field;
import static io.changewatch.pipeline.Condition.removed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Objects;
import org.bson.codecs.pojo.annotations.BsonId;
import org.bson.codecs.pojo.annotations.BsonIgnore;
import org.bson.codecs.pojo.annotations.BsonProperty;
import org.junit.jupiter.api.Test;

final class PropertyReferenceTest {

    record Order(
            @BsonId String number, @BsonProperty("user") String userId, Address address, List<Item> items) {}

    record Address(String city) {}

    record Item(int sku) {}

    static class Base {
        private String id;
        private boolean paid;

        public String getId() {
            return id;
        }

        public void setId(String id) {
            this.id = id;
        }

        public boolean isPaid() {
            return paid;
        }

        public void setPaid(boolean paid) {
            this.paid = paid;
        }
    }

    static final class Account extends Base {
        @BsonProperty("mail")
        private String email;

        @BsonId
        private int code;

        private String secret;

        public String getEmail() {
            return email;
        }

        public void setEmail(String email) {
            this.email = email;
        }

        public int getCode() {
            return code;
        }

        public void setCode(int code) {
            this.code = code;
        }

        @BsonIgnore
        public String getSecret() {
            return secret;
        }

        @BsonIgnore
        public void setSecret(String secret) {
            this.secret = secret;
        }

        public String greeting() {
            return "hello";
        }
    }

    interface Shape {
        String getId();

        String getColor();
    }

    @Test
    void namesTheFieldOfARecordsComponent() {
        assertThat(document(Address::city).path()).isEqualTo("fullDocument.city");
        assertThat(document(Order::userId).path()).isEqualTo("fullDocument.user");
        assertThat(document(Order::number).path()).isEqualTo("fullDocument._id");
    }

    @Test
    void namesTheFieldOfAGetter() {
        assertThat(document(Base::isPaid).path()).isEqualTo("fullDocument.paid");
        assertThat(document(Base::getId).path()).isEqualTo("fullDocument._id");
        assertThat(document(Account::getEmail).path()).isEqualTo("fullDocument.mail");
        assertThat(document(Shape::getId).path()).isEqualTo("fullDocument._id");
        assertThat(document(Shape::getColor).path()).isEqualTo("fullDocument.color");
    }

    @Test
    void mapsAnInheritedGetterAsTheSubclassDoes() {
        assertThat(document(Account::getCode).path()).isEqualTo("fullDocument._id");
        assertThat(document(Account::getId).path()).isEqualTo("fullDocument.id");
    }

    @Test
    void leadsIntoDocumentsAndElements() {
        assertThat(document(Order::address).field(Address::city).path()).isEqualTo("fullDocument.address.city");
        assertThat(document(Order::items).field(Item::sku).path()).isEqualTo("fullDocument.items.sku");
        assertThat(document(Order::items).elemMatch(field(Item::sku).eq(1)))
                .hasToString(document("items").elemMatch(field("sku").eq(1)).toString());
    }

    @Test
    void standsWhereverAPathDoes() {
        assertThat(documentBefore(Order::userId).path()).isEqualTo("fullDocumentBeforeChange.user");
        assertThat(documentKey(Order::number).path()).isEqualTo("documentKey._id");
        assertThat(changed(Order::userId)).hasToString(changed("user").toString());
        assertThat(changedTo(Order::userId, 1)).hasToString(changedTo("user", 1).toString());
        assertThat(removed(Order::userId)).hasToString(removed("user").toString());
    }

    @Test
    void isRefusedIfItIsNoReferenceToAnAccessor() {
        String message = "A field can be read from a reference to an accessor only, such as Order::userId; a lambda or"
                + " another method has no field's name. Use a method reference, or name the field as a string.";
        Order captured = new Order("1", "u", new Address("Bern"), List.of());
        List<PropertyReference<Order, ?>> references =
                List.of(order -> order.userId(), Objects::hashCode, order -> captured.number(), new Anonymous());
        for (PropertyReference<Order, ?> reference : references) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> document(reference))
                    .withMessage(message);
        }
    }

    @Test
    void isRefusedIfTheCodecsStoreNoSuchProperty() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> document(Order::hashCode))
                .withMessage(
                        "Order::hashCode is not the accessor of a property that the driver's codecs store. Name the"
                                + " field as a string.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> document(Account::greeting))
                .withMessage(
                        "Account::greeting is not the accessor of a property that the driver's codecs store. Name the"
                                + " field as a string.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> document(Account::getSecret))
                .withMessage(
                        "Account::getSecret is not the accessor of a property that the driver's codecs store. Name the"
                                + " field as a string.");
    }

    private static final class Anonymous implements PropertyReference<Order, String> {
        private static final long serialVersionUID = 1;

        @Override
        public String of(Order owner) {
            return owner.userId();
        }
    }
}
