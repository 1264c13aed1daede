// Node's own fetch on the stream: prints its lines as they come.
const headers = process.argv[3] ? { "X-Status-Key": process.argv[3] } : {};
const response = await fetch(process.argv[2], { headers });

let rest = "";
for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop();
  for (const line of lines) console.log(line);
}
