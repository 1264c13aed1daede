// Node's own fetch on the JSON endpoint, as on the API page.
const response = await fetch(process.argv[2], {
  method: "GET",
  headers: {
    "Content-Type": "application/json",
  },
});
const data = await response.json();
console.log(`data: ${JSON.stringify(data)}`);
