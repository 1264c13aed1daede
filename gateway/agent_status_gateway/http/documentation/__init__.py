"""The API's own documentation.

In reading order:

    document   queries and events in the OpenAPI document
    api_page   the document as a plain page
"""
