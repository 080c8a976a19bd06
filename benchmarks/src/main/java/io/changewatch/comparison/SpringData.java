package io.changewatch.comparison;

import static java.util.Objects.requireNonNull;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import org.bson.Document;
import org.springframework.data.mongodb.core.ChangeStreamOptions;
import org.springframework.data.mongodb.core.MongoTemplate;
import org.springframework.data.mongodb.core.messaging.ChangeStreamRequest;
import org.springframework.data.mongodb.core.messaging.ChangeStreamRequest.ChangeStreamRequestOptions;
import org.springframework.data.mongodb.core.messaging.DefaultMessageListenerContainer;
import org.springframework.data.mongodb.core.messaging.Message;

/**
 * A listener container of Spring Data MongoDB, which converts documents by a mapping of its own and has no batch size to set.
 *
 * @param task what is read
 * @param client reads it
 * @param template converts documents
 */
record SpringData(Task task, MongoClient client, MongoTemplate template) implements Consumer {

    static Consumer open(Task task) {
        MongoClient client = MongoClients.create(task.connectionString());
        return new SpringData(task, client, new MongoTemplate(client, Task.DATABASE));
    }

    @Override
    public void read(Receiver receiver) throws InterruptedException {
        DefaultMessageListenerContainer container = new DefaultMessageListenerContainer(template);
        container.start();
        receiver.begin();
        container.register(
                new ChangeStreamRequest<Order>(message -> handOut(message, receiver), options()),
                Order.class,
                receiver::fail);
        try {
            receiver.await();
        } finally {
            container.stop();
        }
    }

    private ChangeStreamRequestOptions options() {
        ChangeStreamOptions.ChangeStreamOptionsBuilder options = ChangeStreamOptions.builder()
                .fullDocumentLookup(task.fullDocument())
                .resumeAt(task.start());
        if (task.workload().isFiltered()) {
            options.filter(task.pipeline().toArray(Document[]::new));
        }
        return new ChangeStreamRequestOptions(Task.DATABASE, Task.COLLECTION, options.build());
    }

    private static void handOut(Message<ChangeStreamDocument<Document>, ? extends Order> message, Receiver receiver) {
        if (!receiver.isDone()) {
            receiver.received(requireNonNull(message.getBody()));
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
