// The npm package "eventsource" on the stream: prints each picture, and each opening and loss of the connection.
import { EventSource } from "eventsource";

const source = new EventSource(process.argv[2]);

source.addEventListener("status", (event) => console.log(`data: ${event.data}`));
source.addEventListener("message", (event) => console.log(`an event without a name: ${event.data}`));
source.addEventListener("open", () => console.log("open"));
source.addEventListener("error", () => console.log(source.readyState === source.CONNECTING ? "connecting" : "closed"));

// The package does not keep Node running while it waits to reconnect: a program must do so itself.
setInterval(() => {}, 60_000);
