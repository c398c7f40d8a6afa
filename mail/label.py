"""The labels of a message as Gmail's Takeout writes them.

System labels come in the language of the account; they are given their English names, so that
"Inbox" is one label whatever language wrote it. A user's own labels stay as written.
"""

from __future__ import annotations

import re
from itertools import islice

_SYSTEM = {
    "Inbox": "받은편지함 受信トレイ Posteingang Recibidos 收件箱 收件匣",
    "Sent": "보낸편지함 送信済み Gesendet Enviados 已发邮件 寄件備份",
    "Drafts": "임시보관함 下書き Entwürfe Borradores Brouillons 草稿 草稿",
    "Spam": "스팸함 스팸 스팸메일함 迷惑メール 垃圾邮件 垃圾郵件",
    "Trash": "휴지통 ゴミ箱 Papierkorb Papelera Corbeille 已删除邮件 垃圾桶",
    "Starred": "별표편지함 スター付き Markiert Destacados 已加星标 已加星號",
    "Important": "중요편지함 중요 重要 Wichtig Importantes 重要邮件 重要郵件",
    "Unread": "읽지않음 未読 Ungelesen 未读邮件 未讀郵件",
    "Opened": "열림 開封済み Geöffnet Abiertos Ouvert 已打开邮件",
    "Archived": "보관처리됨 보관됨 アーカイブ済み Archiviert Archivados Archivé 已归档邮件",
    "Chat": "채팅 チャット Chats",
}
_ENGLISH = {written: english for english, names in _SYSTEM.items() for written in names.split()} | {
    "보낸 편지함": "Sent",
    "받은 편지함": "Inbox",
    "읽지 않음": "Unread",
    "Boîte de réception": "Inbox",
    "Messages envoyés": "Sent",
}
_BLANKS = re.compile(r"\s+")
# A label in quotes, which are doubled inside it, or one that reaches to the next comma.
_LABEL = re.compile(r'\s*(?:"((?:[^"]|"")*+)"?)?([^,]*)(?:,|\Z)')


def split_labels(text: str, *, limit: int) -> tuple[str, ...]:
    """The labels of a decoded X-Gmail-Labels value, each once, at most `limit`."""
    names = (_english(label) for label in _LABEL.finditer(_BLANKS.sub(" ", text)))
    return tuple(islice(dict.fromkeys(name for name in names if name), limit))


def _english(label: re.Match[str]) -> str:
    quoted, plain = label.groups()
    name = ((quoted or "").replace('""', '"') + plain).strip()
    return _ENGLISH.get(name, name)
