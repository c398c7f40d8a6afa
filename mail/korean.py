"""Tell Korean from what merely decodes as Korean.

CP949 gives most pairs of high bytes some Hangul syllable, so decoding without an error proves
nothing; the syllables of real text are few and frequent.
"""

from __future__ import annotations

import re

# The syllables that make up most of running text, mail subjects and names.
_COMMON = frozenset(
    "이다는을가의에고하지한로은를어사기도서아자리시대나인그있해정수일라게으과들보적만것전부여주상구장면원제스"
    "공거생오안동니성세선용문경소습위관유비연조발당말무중모신요국년우계진방학결메회록님녕감드립합까음았었했됩때"
    "보내받답장알림신청확확인회의금월화목토간분후내네저희우편입출판매업체물품서울부산대구광주전남북김박최강윤임"
    "한황송류홍길민영현준은혜미숙희철호근찬태환규재형식명광건석범욱훈권노양백허심배곽차변표추예약와및또더잘못"
    "같않없될되며면서도록통법론개교육연락처첨파일첨부복사실불순열번호특별행운격려축설날씨즐좋겠던든른른락른트"
    "터프그램컴퓨인넷웹바버코드디자데이베비온결제템카패키지테험"
)
_HANGUL = re.compile("[가-힣]")
_NON_ASCII = re.compile("[^\x00-\x7f]")
_HANGUL_SHARE = 0.7
_COMMON_SHARE = 0.4


def looks_korean(text: str) -> bool:
    """Whether Hangul dominates and its syllables come at Korean rates."""
    syllables = _HANGUL.findall(text[:4000])
    letters = len(_NON_ASCII.findall(text[:4000]))
    if not syllables or len(syllables) < _HANGUL_SHARE * letters:
        return False
    common = sum(syllable in _COMMON for syllable in syllables)
    return common >= _COMMON_SHARE * len(syllables)
