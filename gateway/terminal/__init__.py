"""The picture in a terminal: `show`, `watch` and `wait`.

In the order of the flow: reader.py asks a gateway; view.py keeps what is known; table.py or changes.py say it;
screen.py and output.py hold the terminal; watching.py is the commands' loops.
"""
