"""Bridges: an agent that is built on a framework on the dashboard, in a line or two.

Each file of a framework can be imported only where that framework is. What it knows is the framework's callbacks. What
they mean for sessions is the same for all. A bridge takes names and numbers only: no prompts, arguments or results.

    key                what a bridge calls a session
    followed           a session that runs share, and its labels
    runs               what a framework's runs mean for sessions
    claude_agent_sdk   Claude Agent SDK
    crewai             CrewAI
    langchain          LangChain and LangGraph
    openai_traces      the open traces of the OpenAI Agents SDK
    openai_agents      OpenAI Agents SDK
    spans              what the spans of traced agents mean for sessions, in each dialect
    opentelemetry      whatever traces agents by OpenTelemetry
    pocketpaw          PocketPaw
    pydantic_ai        Pydantic AI
"""

from agent_status_publisher.integrations.key import status_key

__all__ = ["status_key"]
